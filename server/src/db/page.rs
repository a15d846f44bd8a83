//! A page of a list whose rows are found along several indexes, each in the order of the list, or one by one where they are few.

use sea_orm::{ConnectionTrait, DbErr, TryGetable, sea_query::SelectStatement};

use crate::failure::Outcome;

/// The ids that `ids` asks for as its only column, where they are no more than `most`.
pub(crate) async fn few<Id: TryGetable>(
    db: &impl ConnectionTrait,
    ids: &SelectStatement,
    most: u64,
) -> Outcome<Option<Vec<Id>>> {
    let rows = db.query_all(ids.clone().limit(most + 1)).await?;
    if rows.len() as u64 > most {
        return Ok(None);
    }
    Ok(Some(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, DbErr>>()?))
}

/// The first `limit` of rows found in several ways, highest key first, each once.
pub(crate) fn highest<T, K: Ord>(mut rows: Vec<T>, limit: u64, key: impl Fn(&T) -> K) -> Vec<T> {
    rows.sort_by_cached_key(|row| std::cmp::Reverse(key(row)));
    rows.dedup_by(|one, other| key(one) == key(other));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    rows
}

#[cfg(test)]
mod tests {
    use super::highest;

    #[test]
    fn what_is_found_twice_is_shown_once_in_the_order_of_the_list() {
        assert_eq!(highest(vec![3, 1, 7, 3, 9], 3, |row| *row), [9, 7, 3]);
        assert_eq!(highest(vec!["b", "a"], 9, |row| *row), ["b", "a"]);
    }
}
