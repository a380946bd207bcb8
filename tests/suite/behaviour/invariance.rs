//! What must not matter: when it happens, and in which order tracks were numbered.

use proptest::prelude::*;
use shorewatch::alert::{Alert, AlertId, Grade, Score};

use super::scene::{Script, along, chart, off_shore, play_shifted, radar_only, sends, zone};

fn scene<'a>(paths: &'a [Vec<(i64, f64, f64)>]) -> Vec<Script<'a>> {
    paths
        .iter()
        .zip(1_u64..)
        .map(|(path, id)| {
            if id % 2 == 0 { along(id, path, radar_only) } else { along(id, path, sends(412_000_000 + id as u32, 70)) }
        })
        .collect()
}

fn a_path() -> impl Strategy<Value = Vec<(i64, f64, f64)>> {
    let leg = (60_i64..1_500, -300.0..300.0_f64, 0.0..2_500.0_f64);
    prop::collection::vec(leg, 2..6).prop_map(|legs| {
        let mut second = 0;
        legs.into_iter()
            .map(|(length, east, south)| {
                let point = (second, east, south);
                second += length / 10 * 10;
                point
            })
            .collect()
    })
}

/// What may differ: night by the time of day, the fading memory of earlier alerts by their names, and the score with both.
fn forget_the_sun(alert: &mut Alert) {
    alert.night = false;
    alert.evidence.retain(|item| item.code != "night" && !item.sentence_en.contains(" told "));
    alert.score = Score::default();
    alert.grade = Grade::Note;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_same_scene_at_another_time_gives_the_same_alerts(
        paths in prop::collection::vec(a_path(), 2..5),
        shift_s in 1_i64..10_000_000,
    ) {
        let chart = chart(&[zone("reserve", "restricted", off_shore(0.0, 1_500.0), 400.0)]);
        let mut plain = play_shifted(&chart, &scene(&paths), 5_000, 0);
        let mut shifted = play_shifted(&chart, &scene(&paths), 5_000, shift_s);
        let back_ms = -shift_s * 1000;
        // Ids tell when an alert began.
        let ids: Vec<_> = shifted.iter().map(|there| there.id.clone()).zip(plain.iter().map(|here| here.id.clone())).collect();
        let id_here = |id: &AlertId| ids.iter().find(|(there, _)| there == id).map_or(id, |(_, here)| here).clone();
        for there in &mut shifted {
            there.id = id_here(&there.id);
            there.similar_before.iter_mut().for_each(|id| *id = id_here(id));
            for time in [&mut there.raised, &mut there.began, &mut there.start] {
                *time = time.plus_millis(back_ms);
            }
            there.end = there.end.map(|end| end.plus_millis(back_ms));
            there.confirmed = there.confirmed.map(|confirmed| confirmed.plus_millis(back_ms));
            for item in &mut there.evidence {
                item.from = item.from.plus_millis(back_ms);
                item.to = item.to.plus_millis(back_ms);
                if let Some(records) = &mut item.records {
                    records.received_from = records.received_from.plus_millis(back_ms);
                    records.received_to = records.received_to.plus_millis(back_ms);
                }
            }
        }
        plain.iter_mut().chain(&mut shifted).for_each(forget_the_sun);
        shifted.sort_by(|a, b| (a.raised, &a.id).cmp(&(b.raised, &b.id)));
        prop_assert_eq!(shifted, plain);
    }

    #[test]
    fn a_vessel_alone_far_from_the_others_changes_nothing(paths in prop::collection::vec(a_path(), 2..4)) {
        let chart = chart(&[]);
        let plain = play_shifted(&chart, &scene(&paths), 5_000, 0);
        let far = [(0, 80_000.0, 40_000.0), (5_000, 60_000.0, 40_000.0)];
        let mut more = scene(&paths);
        more.push(along(99, &far, sends(413_999_999, 70)));
        prop_assert_eq!(play_shifted(&chart, &more, 5_000, 0), plain);
    }
}
