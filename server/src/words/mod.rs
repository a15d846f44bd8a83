//! Search by words: what is called so is found by the beginning of any of its words, in any of the three alphabets.
//!
//! Whoever writes a name writes its words in the same transaction. A search reads one range of an index, however many rows
//! there are and wherever among them the page lies.

mod rows;
pub(crate) mod store;
