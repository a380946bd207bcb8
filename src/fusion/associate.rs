//! Which plot belongs to which track: marginal association probabilities.
//!
//! Each track gives at most one plot and each plot comes from at most one track. A sector falls apart into clusters of
//! tracks and plots that compete; nearly all are summed exactly, by running over the tracks with the set of plots already
//! taken as state. A cluster too wide for that is left to loopy belief propagation, which is over-sure in tight cycles but
//! bounded in cost. Source of the latter: J. Williams and R. Lau, "Approximate evaluation of marginal association
//! probabilities with belief propagation", IEEE Trans. Aerospace and Electronic Systems 50(4), 2014, equations 12 to 16.

use smallvec::SmallVec;

/// A track and a plot that may belong together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Number of the track in this sector.
    pub track: usize,
    /// Number of the plot in this sector.
    pub plot: usize,
    /// How many times more likely the plot comes from this track than from clutter or an unknown craft, times the odds
    /// that the track is detected at all.
    pub ratio: f64,
}

/// The marginals of a sector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marginals {
    /// Probability of each pair, in the order given.
    pub pair: Vec<f64>,
    /// Probability that each track has none of the plots.
    pub track_unseen: Vec<f64>,
    /// Probability that each plot belongs to none of the tracks.
    pub plot_foreign: Vec<f64>,
}

/// Most states held at once in a cluster that is summed exactly.
const EXACT_STATES_MAX: usize = 512;
/// Most rounds of message passing in a cluster that is not summed exactly.
const ROUNDS_MAX: usize = 40;
/// The messages have settled when none changes by more than this share.
const SETTLED: f64 = 1e-6;
/// Ratios are capped here: beyond it nothing changes but the risk of losing the small ones to rounding.
const RATIO_MAX: f64 = 1e9;

/// Computes the marginals for `pairs` of `tracks` tracks and `plots` plots. Ratios must be finite and not negative.
pub fn marginals(tracks: usize, plots: usize, pairs: &[Pair]) -> Marginals {
    let mut result =
        Marginals { pair: vec![0.0; pairs.len()], track_unseen: vec![1.0; tracks], plot_foreign: vec![1.0; plots] };
    let mut numbers = Numbers { of_track: vec![None; tracks], of_plot: vec![None; plots] };
    for cluster in clusters(tracks, plots, pairs) {
        match cluster.as_slice() {
            [] => {}
            [only] => {
                let ratio = pairs[*only].ratio.min(RATIO_MAX);
                result.pair[*only] = ratio / (1.0 + ratio);
            }
            several => {
                let local = Local::of(several, pairs, &mut numbers);
                let probabilities = local.sum().unwrap_or_else(|| local.propagate());
                for (&pair, probability) in several.iter().zip(probabilities) {
                    result.pair[pair] = probability;
                }
            }
        }
    }
    for (pair, probability) in pairs.iter().zip(&result.pair) {
        result.track_unseen[pair.track] -= probability;
        result.plot_foreign[pair.plot] -= probability;
    }
    for rest in result.track_unseen.iter_mut().chain(&mut result.plot_foreign) {
        *rest = rest.clamp(0.0, 1.0);
    }
    result
}

/// Numbers of the pairs of each cluster: pairs that share a track or a plot, directly or through others.
fn clusters(tracks: usize, plots: usize, pairs: &[Pair]) -> Vec<SmallVec<[usize; 4]>> {
    let mut parent: Vec<usize> = (0..tracks + plots).collect();
    fn root(parent: &mut [usize], mut node: usize) -> usize {
        while parent[node] != node {
            parent[node] = parent[parent[node]];
            node = parent[node];
        }
        node
    }
    for pair in pairs {
        let (a, b) = (root(&mut parent, pair.track), root(&mut parent, tracks + pair.plot));
        parent[a.max(b)] = a.min(b);
    }
    let mut place = vec![usize::MAX; tracks + plots];
    let mut found: Vec<SmallVec<[usize; 4]>> = Vec::new();
    for (index, pair) in pairs.iter().enumerate() {
        let root = root(&mut parent, pair.track);
        if place[root] == usize::MAX {
            place[root] = found.len();
            found.push(SmallVec::new());
        }
        found[place[root]].push(index);
    }
    found
}

/// A set of plots that are taken, and the weight of all ways that lead to it and on from it.
#[derive(Clone, Copy)]
struct State {
    taken: u64,
    before: f64,
    after: f64,
}

/// Brings the largest of some weights to one: only their proportion counts, and the product of many overflows.
fn scale(states: &mut [State], weight: impl Fn(&mut State) -> &mut f64) {
    let top = states.iter_mut().map(|state| *weight(state)).fold(f64::MIN_POSITIVE, f64::max);
    states.iter_mut().for_each(|state| *weight(state) /= top);
}

/// The number of each track and plot of a sector in its cluster, once it has one: each is in one cluster alone.
struct Numbers {
    of_track: Vec<Option<u32>>,
    of_plot: Vec<Option<u32>>,
}

/// One cluster with its tracks and plots numbered from zero.
struct Local {
    tracks: usize,
    plots: usize,
    pairs: Vec<Pair>,
}

impl Local {
    fn of(cluster: &[usize], pairs: &[Pair], numbers: &mut Numbers) -> Self {
        let (mut tracks, mut plots) = (0, 0);
        let number = |known: &mut Option<u32>, count: &mut u32| {
            *known.get_or_insert_with(|| {
                *count += 1;
                *count - 1
            }) as usize
        };
        let local: Vec<Pair> = cluster
            .iter()
            .map(|&index| Pair {
                track: number(&mut numbers.of_track[pairs[index].track], &mut tracks),
                plot: number(&mut numbers.of_plot[pairs[index].plot], &mut plots),
                ratio: pairs[index].ratio.min(RATIO_MAX),
            })
            .collect();
        Self { tracks: tracks as usize, plots: plots as usize, pairs: local }
    }

    /// Exact, or `None` where too many states would have to be held.
    ///
    /// Runs over the tracks with the set of plots already taken as state. A plot that none of the remaining tracks reaches is
    /// dropped from the state, so that what is held grows with the width of a cluster, not with its length. `before` is the
    /// weight of all ways in which the tracks so far lead to a state, `after` that of all ways to go on from it.
    fn sum(&self) -> Option<Vec<f64>> {
        if self.plots > u64::BITS as usize {
            return None;
        }
        let mut of_track: Vec<SmallVec<[usize; 4]>> = vec![SmallVec::new(); self.tracks];
        for (index, pair) in self.pairs.iter().enumerate() {
            of_track[pair.track].push(index);
        }
        // Which plots the tracks from each one on reach.
        let mut open = vec![0_u64; self.tracks + 1];
        for track in (0..self.tracks).rev() {
            open[track] = of_track[track].iter().fold(open[track + 1], |set, &pair| set | self.bit(pair));
        }
        let mut layers: Vec<Vec<State>> = Vec::with_capacity(self.tracks + 1);
        layers.push(vec![State { taken: 0, before: 1.0, after: 0.0 }]);
        for track in 0..self.tracks {
            let mut next = Vec::with_capacity(2 * layers[track].len());
            for state in &layers[track] {
                next.push(State { taken: state.taken & open[track + 1], ..*state });
                for &pair in of_track[track].iter().filter(|&&pair| state.taken & self.bit(pair) == 0) {
                    let taken = (state.taken | self.bit(pair)) & open[track + 1];
                    next.push(State { taken, before: state.before * self.pairs[pair].ratio, after: 0.0 });
                }
            }
            next.sort_by_key(|state| state.taken);
            next.dedup_by(|later, first| {
                let same = later.taken == first.taken;
                first.before += if same { later.before } else { 0.0 };
                same
            });
            if next.len() > EXACT_STATES_MAX {
                return None;
            }
            scale(&mut next, |state| &mut state.before);
            layers.push(next);
        }
        let mut found = vec![0.0; self.pairs.len()];
        for last in &mut layers[self.tracks] {
            last.after = 1.0;
        }
        for track in (0..self.tracks).rev() {
            let (earlier, later) = layers.split_at_mut(track + 1);
            let later = &later[0];
            let go_on = |taken: u64| {
                let place = later.binary_search_by_key(&(taken & open[track + 1]), |state| state.taken);
                place.map_or(0.0, |place| later[place].after)
            };
            let mut total = 0.0;
            for state in &mut earlier[track] {
                state.after = go_on(state.taken);
                for &pair in of_track[track].iter().filter(|&&pair| state.taken & self.bit(pair) == 0) {
                    let ways = self.pairs[pair].ratio * go_on(state.taken | self.bit(pair));
                    state.after += ways;
                    found[pair] += state.before * ways;
                }
                total += state.before * state.after;
            }
            of_track[track].iter().for_each(|&pair| found[pair] /= total);
            scale(&mut earlier[track], |state| &mut state.after);
        }
        Some(found)
    }

    /// The plot of a pair as a set of one.
    fn bit(&self, pair: usize) -> u64 {
        1 << self.pairs[pair].plot
    }

    /// Loopy belief propagation.
    fn propagate(&self) -> Vec<f64> {
        let pairs = &self.pairs;
        let mut by_track: Vec<SmallVec<[usize; 4]>> = vec![SmallVec::new(); self.tracks];
        let mut by_plot: Vec<SmallVec<[usize; 4]>> = vec![SmallVec::new(); self.plots];
        for (index, pair) in pairs.iter().enumerate() {
            by_track[pair.track].push(index);
            by_plot[pair.plot].push(index);
        }
        let mut to_track = vec![1.0_f64; pairs.len()];
        let mut to_plot = vec![0.0_f64; pairs.len()];
        for _ in 0..ROUNDS_MAX {
            for of_track in &by_track {
                let total: f64 = of_track.iter().map(|&p| pairs[p].ratio * to_track[p]).sum();
                for &p in of_track {
                    to_plot[p] = pairs[p].ratio / (1.0 + total - pairs[p].ratio * to_track[p]).max(1e-12);
                }
            }
            let mut change = 0.0_f64;
            for of_plot in &by_plot {
                let total: f64 = of_plot.iter().map(|&p| to_plot[p]).sum();
                for &p in of_plot {
                    let next = 1.0 / (1.0 + total - to_plot[p]).max(1e-12);
                    change = change.max((next - to_track[p]).abs() / next);
                    to_track[p] = next;
                }
            }
            if change < SETTLED {
                break;
            }
        }
        let mut found = vec![0.0; pairs.len()];
        for of_track in &by_track {
            let total: f64 = of_track.iter().map(|&p| pairs[p].ratio * to_track[p]).sum();
            for &p in of_track {
                found[p] = pairs[p].ratio * to_track[p] / (1.0 + total);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every way to give plots to tracks from `track` on, with its weight.
    fn for_each_way(
        track: usize,
        tracks: usize,
        used: u32,
        weight: f64,
        chosen: &mut Vec<usize>,
        pairs: &[Pair],
        all: &mut dyn FnMut(&[usize], f64),
    ) {
        if track == tracks {
            all(chosen, weight);
            return;
        }
        for_each_way(track + 1, tracks, used, weight, chosen, pairs, all);
        for (index, pair) in pairs.iter().enumerate() {
            if pair.track == track && used & (1 << pair.plot) == 0 {
                chosen.push(index);
                for_each_way(track + 1, tracks, used | (1 << pair.plot), weight * pair.ratio, chosen, pairs, all);
                chosen.pop();
            }
        }
    }

    /// The marginals by their definition.
    fn enumerate(tracks: usize, pairs: &[Pair]) -> Vec<f64> {
        let (mut sums, mut total) = (vec![0.0; pairs.len()], 0.0);
        for_each_way(0, tracks, 0, 1.0, &mut Vec::new(), pairs, &mut |chosen, weight| {
            total += weight;
            for &pair in chosen {
                sums[pair] += weight;
            }
        });
        sums.iter().map(|sum| sum / total).collect()
    }

    fn pairs_of(raw: &std::collections::BTreeMap<(usize, usize), f64>) -> Vec<Pair> {
        raw.iter().map(|(&(track, plot), &ratio)| Pair { track, plot, ratio }).collect()
    }

    /// The most probable way of all by brute force, and its probability.
    fn best_assignment(tracks: usize, pairs: &[Pair]) -> (Vec<usize>, f64) {
        let (mut best, mut top, mut total) = (Vec::new(), 0.0, 0.0);
        for_each_way(0, tracks, 0, 1.0, &mut Vec::new(), pairs, &mut |chosen, weight| {
            total += weight;
            if weight > top {
                (best, top) = (chosen.to_vec(), weight);
            }
        });
        (best, top / total)
    }

    proptest! {
        #[test]
        fn what_is_taken_for_likely_is_the_best_assignment_by_brute_force(
            raw in prop::collection::btree_map((0..5_usize, 0..5_usize), 0.001..10_000.0_f64, 1..12),
        ) {
            let pairs = pairs_of(&raw);
            let got = marginals(5, 5, &pairs);
            let likely: Vec<usize> = (0..pairs.len()).filter(|&pair| got.pair[pair] > 0.5).collect();
            for (number, &a) in likely.iter().enumerate() {
                for &b in &likely[number + 1..] {
                    prop_assert!(pairs[a].track != pairs[b].track && pairs[a].plot != pairs[b].plot);
                }
            }
            // Where one way is more probable than all others together, it is what comes out.
            let (mut best, probability) = best_assignment(5, &pairs);
            best.sort_unstable();
            if probability > 0.5 {
                prop_assert_eq!(likely, best);
            }
        }

        #[test]
        fn marginals_equal_enumeration(
            raw in prop::collection::btree_map((0..5_usize, 0..5_usize), 0.001..10_000.0_f64, 1..12),
        ) {
            let pairs = pairs_of(&raw);
            let got = marginals(5, 5, &pairs);
            for (pair, wanted) in got.pair.iter().zip(enumerate(5, &pairs)) {
                prop_assert!((pair - wanted).abs() < 1e-9, "{pair} against {wanted} in {pairs:?}");
            }
        }

        #[test]
        fn belief_propagation_is_exact_on_a_tree(ratios in prop::collection::vec(0.01..100.0_f64, 5)) {
            let edges = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2)];
            let pairs: Vec<Pair> =
                edges.iter().zip(&ratios).map(|(&(track, plot), &ratio)| Pair { track, plot, ratio }).collect();
            let local = Local { tracks: 3, plots: 3, pairs: pairs.clone() };
            for (pair, wanted) in local.propagate().iter().zip(enumerate(3, &pairs)) {
                prop_assert!((pair - wanted).abs() < 1e-4);
            }
        }

        #[test]
        fn a_long_row_of_craft_side_by_side_is_summed_exactly(ratios in prop::collection::vec(0.001..1e9_f64, 80)) {
            let row: Vec<Pair> = (0..80).map(|n| Pair { track: n / 2, plot: n.div_ceil(2), ratio: ratios[n] }).collect();
            let local = Local { tracks: 40, plots: 41, pairs: row };
            let exact = local.sum().expect("a row is never wider than two");
            // On a tree, belief propagation comes to the same, if it is given the rounds.
            for (pair, wanted) in exact.iter().zip(local.propagate()) {
                prop_assert!((pair - wanted).abs() < 1e-3, "{pair} against {wanted}");
            }
        }

        #[test]
        fn a_crowd_too_large_to_sum_still_gives_probabilities(
            raw in prop::collection::btree_map((0..30_usize, 0..30_usize), 0.001..1e12_f64, 100..300),
        ) {
            let got = marginals(30, 30, &pairs_of(&raw));
            prop_assert!(got.pair.iter().all(|p| (0.0..=1.0 + 1e-9).contains(p)));
        }
    }

    #[test]
    fn a_lone_plot_of_a_lone_track_is_its_own() {
        let got = marginals(1, 1, &[Pair { track: 0, plot: 0, ratio: 1e6 }]);
        assert!(got.pair[0] > 0.999_99 && got.plot_foreign[0] < 1e-5);
        assert_eq!(marginals(2, 0, &[]).track_unseen, vec![1.0, 1.0]);
    }
}
