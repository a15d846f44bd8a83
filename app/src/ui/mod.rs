//! The design system as components: they draw the classes of `style/` and know no server and no money rules.
//! Every text arrives translated; every sum arrives formatted. `style/README.md` shows how they go together.

pub mod badge;
pub mod button;
pub mod chart;
pub mod copy;
pub mod dialog;
pub(crate) mod drawn;
pub mod empty;
pub mod field;
pub mod frame;
pub mod icon;
pub mod list;
pub mod menu;
pub(crate) mod rows;
pub mod table;
pub mod tile;
pub mod timeline;

pub use badge::{Notice, StatusBadge, Tone};
pub use button::{Button, ButtonLink, Look, PostButton, Size};
pub use chart::{Bar, Bars, Share, Shares};
pub use copy::{copy_button, copy_words, copyable};
pub use dialog::{Dialog, DialogButton, DialogChip, close_button};
pub use empty::Empty;
pub use field::{DateRange, Field, FilePicker, MoneyInput, SearchForm, Segments, Select, Switch, TextArea, TextInput};
pub use frame::{Crumb, Frame, RoomHead};
pub use frame::{Room, RoomGroup};
pub use icon::{Awning, Glyph, Icon, Mark};
pub use list::{Chip, Fact, Facts};
pub use menu::Menu;
pub use table::{Cell, Column, Row, RowLink, Table, Td};
pub use tile::{Tile, Tiles};
pub use timeline::{Timeline, TimelineItem};

/// A translated text: cheap to pass, whether it was in the program or was put together.
pub type Text = leptos::oco::Oco<'static, str>;
