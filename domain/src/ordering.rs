//! A list that people put in order: one step up or down, or the whole of it at once.

/// How the order changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reorder<Id> {
    Up(Id),
    Down(Id),
    /// As dragged. What is not named keeps its place behind the named; what is unknown is passed over.
    All(Vec<Id>),
}

/// The ids in their new order: always the same ids.
#[must_use]
pub fn reordered<Id: PartialEq + Clone>(mut now: Vec<Id>, change: &Reorder<Id>) -> Vec<Id> {
    let place = |id: &Id| now.iter().position(|own| own == id);
    match change {
        Reorder::Up(id) => {
            if let Some(place @ 1..) = place(id) {
                now.swap(place, place - 1);
            }
            now
        }
        Reorder::Down(id) => {
            if let Some(place) = place(id).filter(|place| place + 1 < now.len()) {
                now.swap(place, place + 1);
            }
            now
        }
        Reorder::All(wanted) => {
            let mut sorted: Vec<Id> = Vec::with_capacity(now.len());
            for id in wanted.iter().chain(&now) {
                if now.contains(id) && !sorted.contains(id) {
                    sorted.push(id.clone());
                }
            }
            sorted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves() {
        let table = [
            (Reorder::Up(2), [2, 1, 3]),
            (Reorder::Up(1), [1, 2, 3]),
            (Reorder::Down(2), [1, 3, 2]),
            (Reorder::Down(3), [1, 2, 3]),
            (Reorder::Down(9), [1, 2, 3]),
            (Reorder::All(vec![3, 9, 1, 3]), [3, 1, 2]),
            (Reorder::All(vec![]), [1, 2, 3]),
        ];
        for (change, wanted) in table {
            assert_eq!(reordered(vec![1, 2, 3], &change), wanted, "{change:?}");
        }
    }
}
