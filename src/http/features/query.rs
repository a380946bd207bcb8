//! What may be asked of a collection, checked: a parameter that is unknown or makes no sense is refused by name.

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use super::collections::Collection;
use crate::http::datum::{Datum, GCJ_02};
use crate::http::problem::Problem;
use crate::serve::limits::{ITEMS_PAGE_DEFAULT, ITEMS_PAGE_MAX};
use crate::serve::track_watch::GeoBox;
use crate::units::EventTime;

/// A span of time, open where nothing is said; both ends belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First instant.
    pub from: Option<EventTime>,
    /// Last instant.
    pub to: Option<EventTime>,
}

impl Span {
    /// Whether it shares an instant with the span from `from` to `to`, `None` being open.
    pub fn meets(self, from: Option<EventTime>, to: Option<EventTime>) -> bool {
        let before = |end: Option<EventTime>, begin: Option<EventTime>| match (end, begin) {
            (Some(end), Some(begin)) => end < begin,
            _ => false,
        };
        !before(to, self.from) && !before(self.to, from)
    }
}

/// A question for items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemsQuery {
    /// Only what touches this box.
    pub bbox: Option<GeoBox>,
    /// Only what was so at some time of this span.
    pub datetime: Option<Span>,
    /// How many at most.
    pub limit: usize,
    /// Only from this id on, in order of id: the token of a `next` link.
    pub from: Option<String>,
    /// Only with this value of the collection's own filter.
    pub filter: Option<String>,
    /// The datum of the answer.
    pub datum: Datum,
    /// The parameters but for the place to go on, to be repeated in the link to the next page.
    kept: Vec<(String, String)>,
}

impl ItemsQuery {
    /// Reads the query of an address.
    ///
    /// # Errors
    /// Names the parameter and says what it should look like.
    pub fn parse(raw: &str, collection: Collection) -> Result<Self, Problem> {
        let mut query = Self { limit: ITEMS_PAGE_DEFAULT, ..Self::default() };
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            match name.as_ref() {
                "bbox" => query.bbox = Some(bbox(&value)?),
                "datetime" => query.datetime = Some(datetime(&value)?),
                "limit" => query.limit = limit(&value)?,
                "from" => {
                    query.from = Some(value.into_owned());
                    continue;
                }
                "crs" => query.datum = Datum::asked_for(Some(&value))?,
                // The one format there is.
                "f" if value == "json" => {}
                other if other == collection.filter() => query.filter = Some(value.clone().into_owned()),
                other => return Err(unknown(other, collection)),
            }
            query.kept.push((name.into_owned(), value.into_owned()));
        }
        Ok(query)
    }

    /// The address that asks the same, from an id on.
    pub fn address(&self, here: &str, from: Option<&str>) -> String {
        let kept = self.kept.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .extend_pairs(from.map(|from| ("from", from)))
            .finish();
        if query.is_empty() { here.to_owned() } else { format!("{here}?{query}") }
    }
}

/// The query of a single item: nothing but a datum.
///
/// # Errors
/// For any other parameter.
pub fn only_crs(raw: &str) -> Result<Datum, Problem> {
    let mut datum = Datum::default();
    for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
        match name.as_ref() {
            "crs" => datum = Datum::asked_for(Some(&value))?,
            "f" if value == "json" => {}
            other => return Err(Problem::bad_request(format!("{other}: a single item is asked for with crs only"))),
        }
    }
    Ok(datum)
}

/// A text as part of a path.
pub fn escaped(text: &str) -> String {
    percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string()
}

fn unknown(name: &str, collection: Collection) -> Problem {
    let filter = collection.filter();
    Problem::bad_request(format!(
        "{name}: unknown; there are bbox, datetime, limit, {filter}, crs ({GCJ_02}) and f=json"
    ))
}

fn bbox(value: &str) -> Result<GeoBox, Problem> {
    let bad =
        |why: &str| Problem::bad_request(format!("bbox: '{value}' {why}; write west,south,east,north in degrees"));
    let numbers: Vec<f64> = value
        .split(',')
        .map(|part| part.trim().parse().map_err(|_| bad("is not all numbers")))
        .collect::<Result<_, _>>()?;
    let [west_deg, south_deg, east_deg, north_deg] = match *numbers.as_slice() {
        [west, south, east, north] => [west, south, east, north],
        // With heights, which nothing here has.
        [west, south, _, east, north, _] => [west, south, east, north],
        _ => return Err(bad("has neither four nor six numbers")),
    };
    let on_globe = [west_deg, east_deg].iter().all(|lon| (-180.0..=180.0).contains(lon))
        && [south_deg, north_deg].iter().all(|lat| (-90.0..=90.0).contains(lat));
    if !on_globe {
        return Err(bad("is off the globe"));
    }
    if south_deg > north_deg {
        return Err(bad("has south above north"));
    }
    Ok(GeoBox { west_deg, south_deg, east_deg, north_deg })
}

fn datetime(value: &str) -> Result<Span, Problem> {
    let bad = || {
        Problem::bad_request(format!(
            "datetime: '{value}' is no instant and no interval; write 2026-04-17T15:00:00Z, or FROM/TO where either may be .."
        ))
    };
    let instant = |text: &str| match text {
        "" | ".." => Ok(None),
        text => text
            .parse::<jiff::Timestamp>()
            .map(|it| Some(EventTime::from_millis(it.as_millisecond())))
            .map_err(|_| bad()),
    };
    let span = match value.split_once('/') {
        Some((from, to)) => Span { from: instant(from)?, to: instant(to)? },
        None => {
            let at = instant(value)?;
            Span { from: at, to: at }
        }
    };
    let upside_down = matches!((span.from, span.to), (Some(from), Some(to)) if from > to);
    if upside_down || (span == Span::default() && value != "../..") { Err(bad()) } else { Ok(span) }
}

fn limit(value: &str) -> Result<usize, Problem> {
    match value.parse() {
        // The standard lets a server give fewer than were asked for.
        Ok(limit) if limit > 0 => Ok(usize::min(limit, ITEMS_PAGE_MAX)),
        _ => Err(Problem::bad_request(format!("limit: '{value}' is no number from 1 to {ITEMS_PAGE_MAX}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(raw: &str) -> Result<ItemsQuery, Problem> {
        ItemsQuery::parse(raw, Collection::Zones)
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for bad in [
            "bbox=1,2,3",
            "bbox=1,2,3,x",
            "bbox=0,50,1,40",
            "bbox=0,0,500,1",
            "limit=0",
            "limit=-1",
            "limit=many",
            "datetime=yesterday",
            "datetime=2026-01-02T00:00:00Z/2026-01-01T00:00:00Z",
            "datetime=",
            "crs=EPSG:4326",
            "f=html",
            "mmsi=1",
            "colour=red",
        ] {
            let name = bad.split('=').next().unwrap();
            let problem = format!("{:?}", parse(bad).unwrap_err());
            assert!(problem.contains(&format!("\"{name}: ")), "{bad}: {problem}");
        }
    }

    #[test]
    fn intervals_may_be_open_and_meet_what_they_share_an_instant_with() {
        let at = |text: &str| EventTime::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        let (one, two, three) = (at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"), at("2026-01-03T00:00:00Z"));
        let from_two = parse("datetime=2026-01-02T00:00:00Z/..").unwrap().datetime.unwrap();
        assert!(
            !from_two.meets(Some(one), Some(one)) && from_two.meets(Some(one), Some(two)) && from_two.meets(None, None)
        );
        let at_two = parse("datetime=2026-01-02T00%3A00%3A00Z").unwrap().datetime.unwrap();
        assert!(at_two.meets(Some(one), None) && !at_two.meets(Some(three), None) && !at_two.meets(None, Some(one)));
        assert!(parse("datetime=../..").unwrap().datetime.unwrap().meets(Some(one), Some(two)));
    }

    #[test]
    fn the_next_page_is_asked_for_with_the_same_question() {
        let query = parse("limit=2&kind=restricted&from=a%20b&bbox=109,18,111,21").unwrap();
        assert_eq!((query.limit, query.from.as_deref(), query.filter.as_deref()), (2, Some("a b"), Some("restricted")));
        let next = query.address("http://h/items", Some("c&d"));
        assert_eq!(next, "http://h/items?limit=2&kind=restricted&bbox=109%2C18%2C111%2C21&from=c%26d");
        assert_eq!(parse("limit=99999999").unwrap().limit, ITEMS_PAGE_MAX);
    }
}
