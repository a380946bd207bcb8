//! What of a shape lies in a square, in the units of a tile.

use super::mercator::{BUFFER, EXTENT, Point};

const LOW: f64 = -BUFFER;
const HIGH: f64 = EXTENT + BUFFER;

/// One side of the square: which coordinate, where, and whether the inside is above.
type Side = (usize, f64, bool);
const SIDES: [Side; 4] = [(0, LOW, true), (0, HIGH, false), (1, LOW, true), (1, HIGH, false)];

fn inside(point: Point, (axis, at, above): Side) -> bool {
    if above { point[axis] >= at } else { point[axis] <= at }
}

/// Where the way from a to b meets the side.
fn crossing(a: Point, b: Point, (axis, at, _): Side) -> Point {
    let share = (at - a[axis]) / (b[axis] - a[axis]);
    let other = 1 - axis;
    let mut point = [at; 2];
    point[other] = a[other] + share * (b[other] - a[other]);
    point
}

/// The part of a closed ring inside (Sutherland and Hodgman 1974), closed; none when it lies outside. A ring that leaves the
/// square several times stays one ring, joined along the side, where the buffer hides it.
pub fn ring(ring: &[Point]) -> Option<Vec<Point>> {
    let mut points = ring.to_vec();
    for side in SIDES {
        let mut kept = Vec::with_capacity(points.len());
        for (&a, &b) in points.iter().zip(points.iter().skip(1)) {
            match (inside(a, side), inside(b, side)) {
                (true, true) => kept.push(b),
                (true, false) => kept.push(crossing(a, b, side)),
                (false, true) => kept.extend([crossing(a, b, side), b]),
                (false, false) => {}
            }
        }
        kept.extend(kept.first().copied());
        points = kept;
    }
    (points.len() >= 4).then_some(points)
}

/// The parts of a line inside.
pub fn line(line: &[Point]) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for (&a, &b) in line.iter().zip(line.iter().skip(1)) {
        let Some((from, to)) = segment(a, b) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}

/// The part of a segment inside.
fn segment(mut a: Point, mut b: Point) -> Option<(Point, Point)> {
    for side in SIDES {
        match (inside(a, side), inside(b, side)) {
            (true, true) => {}
            (true, false) => b = crossing(a, b, side),
            (false, true) => a = crossing(a, b, side),
            (false, false) => return None,
        }
    }
    Some((a, b))
}

/// Whether a point lies inside.
pub fn holds(point: Point) -> bool {
    SIDES.iter().all(|&side| inside(point, side))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Twice the area by the shoelace formula.
    fn area(ring: &[Point]) -> f64 {
        ring.iter().zip(ring.iter().skip(1)).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>() / 2.0
    }

    #[test]
    fn a_ring_around_the_square_becomes_the_square() {
        let around = [[-1e6, -1e6], [1e6, -1e6], [1e6, 1e6], [-1e6, 1e6], [-1e6, -1e6]];
        assert!((area(&ring(&around).unwrap()) - (HIGH - LOW).powi(2)).abs() < 1.0);
    }

    #[test]
    fn what_lies_outside_is_gone_and_what_lies_inside_stays() {
        let outside = [[-900.0, 0.0], [-800.0, 0.0], [-800.0, 90.0], [-900.0, 0.0]];
        assert_eq!(ring(&outside), None);
        assert_eq!(line(&outside), Vec::<Vec<Point>>::new());
        let within = [[10.0, 10.0], [90.0, 10.0], [90.0, 90.0], [10.0, 10.0]];
        assert!((area(&ring(&within).unwrap()) - area(&within)).abs() < 1e-9);
        assert_eq!(line(&within), [within.to_vec()]);
    }

    #[test]
    fn a_line_that_leaves_and_comes_back_is_two() {
        let way = [[2000.0, 2000.0], [2000.0, -9000.0], [2500.0, -9000.0], [2500.0, 2000.0]];
        let parts = line(&way);
        assert_eq!(parts, [vec![[2000.0, 2000.0], [2000.0, LOW]], vec![[2500.0, LOW], [2500.0, 2000.0]]]);
    }

    proptest! {
        #[test]
        fn nothing_of_a_clipped_triangle_lies_outside_and_it_never_grows(
            corners in prop::array::uniform3(prop::array::uniform2(-9000.0..13000.0_f64)),
        ) {
            let [a, b, c] = corners;
            let triangle = [a, b, c, a];
            if let Some(clipped) = ring(&triangle) {
                prop_assert!(clipped.iter().all(|point| point.iter().all(|it| (LOW - 1e-6..=HIGH + 1e-6).contains(it))));
                prop_assert!(area(&clipped).abs() <= area(&triangle).abs() + 1e-3);
                prop_assert_eq!(clipped.first(), clipped.last());
            }
        }
    }
}
