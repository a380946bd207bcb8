//! Writing SVG: a string, its elements, and escaping. Knows nothing of ships.

use std::fmt::Write;

use super::sheet::Sheet;

/// Fonts for Latin and Chinese; the first that the viewer has is taken.
const FONTS: &str =
    "Inter,'Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei','WenQuanYi Micro Hei',sans-serif";

/// A point on the sheet, in pixels from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// How a line of text stands to its point.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
}

/// An SVG that is being written.
#[derive(Debug)]
pub(super) struct Svg {
    text: String,
}

impl Svg {
    /// An empty sheet of paper.
    pub(super) fn new(width: f64, height: f64) -> Self {
        let mut text = String::with_capacity(1 << 18);
        let _ = writeln!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" font-family=\"{FONTS}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
        );
        Self { text }
    }

    /// What follows, up to [`Svg::close`], shows on the map only.
    pub(super) fn open_clipped(&mut self, sheet: &Sheet) {
        let (corner, size) = (sheet.map_corner(), sheet.map_size());
        let _ = writeln!(
            self.text,
            "<clipPath id=\"map\"><rect x=\"{}\" y=\"{}\" width=\"{:.1}\" height=\"{:.1}\"/></clipPath>\n<g clip-path=\"url(#map)\">",
            corner.x, corner.y, size.x, size.y
        );
    }

    /// Opens a group with these attributes, which are ours and not escaped.
    pub(super) fn open(&mut self, attributes: &str) {
        let _ = writeln!(self.text, "<g {attributes}>");
    }

    /// Closes the innermost group.
    pub(super) fn close(&mut self) {
        self.text.push_str("</g>\n");
    }

    /// Any element without content, by its attributes, which are ours and not escaped.
    pub(super) fn element(&mut self, name: &str, attributes: &str) {
        let _ = writeln!(self.text, "<{name} {attributes}/>");
    }

    /// A path through points, closed or not, to a tenth of a pixel; nothing when there are fewer than two.
    pub(super) fn path(&mut self, lines: &[Vec<Point>], closed: bool, attributes: &str) {
        let mut d = String::new();
        for line in lines.iter().filter(|line| line.len() > 1) {
            let mut last = (0_i64, 0_i64);
            for (number, point) in line.iter().enumerate() {
                let at = ((point.x * 10.0).round() as i64, (point.y * 10.0).round() as i64);
                // Steps are shorter to write than places.
                let _ = match number {
                    0 => write!(d, "M{} {}", tenths(at.0), tenths(at.1)),
                    1 => write!(d, "l{} {}", tenths(at.0 - last.0), tenths(at.1 - last.1)),
                    _ => write!(d, " {} {}", tenths(at.0 - last.0), tenths(at.1 - last.1)),
                };
                last = at;
            }
            if closed {
                d.push('z');
            }
        }
        if !d.is_empty() {
            let _ = writeln!(self.text, "<path d=\"{d}\" {attributes}/>");
        }
    }

    /// A circle.
    pub(super) fn circle(&mut self, at: Point, radius: f64, attributes: &str) {
        let _ = writeln!(self.text, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\" {attributes}/>", at.x, at.y);
    }

    /// A line of text, escaped.
    pub(super) fn label(&mut self, at: Point, size: f64, anchor: Anchor, attributes: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
        };
        let text = escaped(text);
        let _ = writeln!(
            self.text,
            "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" {attributes}>{text}</text>",
            at.x, at.y
        );
    }

    /// The whole document.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

/// `12.5`, `-0.3`, `7`: without what is not needed.
fn tenths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let (whole, tenth) = (value.abs() / 10, value.abs() % 10);
    if tenth == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{tenth}") }
}

/// Text that says what it says and does nothing else. Control characters have no place in XML at all.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(' '),
            it if it.is_control() || matches!(it, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            it => out.push(it),
        }
    }
    out
}

/// How wide a line of text will be, about: Chinese characters are square, Latin ones half as wide.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().map(|it| if it.is_ascii() { 0.56 } else { 1.0 }).sum::<f64>() * size
}

/// The points of a line that matter to `tolerance` pixels (Douglas and Peucker, 1973). Without recursion: a track has as
/// many points as it likes.
pub(super) fn simplified(line: &[Point], tolerance: f64) -> Vec<Point> {
    if line.len() < 3 {
        return line.to_vec();
    }
    let mut kept = vec![false; line.len()];
    kept[0] = true;
    kept[line.len() - 1] = true;
    let mut spans = vec![(0, line.len() - 1)];
    while let Some((from, to)) = spans.pop() {
        let farthest = (from + 1..to)
            .map(|at| (at, distance_to_segment(line[at], line[from], line[to])))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((at, distance)) = farthest
            && distance > tolerance
        {
            kept[at] = true;
            spans.push((from, at));
            spans.push((at, to));
        }
    }
    line.iter().zip(kept).filter(|(_, kept)| *kept).map(|(point, _)| *point).collect()
}

fn distance_to_segment(point: Point, a: Point, b: Point) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length2 = dx * dx + dy * dy;
    let t =
        if length2 == 0.0 { 0.0 } else { (((point.x - a.x) * dx + (point.y - a.y) * dy) / length2).clamp(0.0, 1.0) };
    (point.x - a.x - t * dx).hypot(point.y - a.y - t * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_markup_stays_a_name() {
        assert_eq!(
            escaped("<script>\"a\" & 'b'\u{0}</script>"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;\u{fffd}&lt;/script&gt;"
        );
        assert_eq!(escaped("海口 · Hai'an"), "海口 · Hai&#39;an");
    }

    #[test]
    fn points_on_a_straight_line_are_left_out_and_corners_stay() {
        let line: Vec<Point> = [(0.0, 0.0), (1.0, 0.01), (2.0, 0.0), (2.0, 2.0)].map(|(x, y)| Point { x, y }).to_vec();
        assert_eq!(simplified(&line, 0.1), [line[0], line[2], line[3]]);
        assert_eq!(simplified(&line[..2], 0.1).len(), 2);
    }

    #[test]
    fn a_path_is_written_in_steps_of_tenths() {
        let mut svg = Svg { text: String::new() };
        let line = vec![Point { x: 1.04, y: 2.0 }, Point { x: 0.5, y: 3.26 }, Point { x: 0.5, y: 3.26 }];
        svg.path(&[line, vec![]], false, "fill=\"none\"");
        assert_eq!(svg.text, "<path d=\"M1 2l-0.5 1.3 0 0\" fill=\"none\"/>\n");
    }
}
