//! Khanut tested from outside: `tests/it` over HTTP on both databases, `browser/` in a real browser.
