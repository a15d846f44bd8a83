//! The design system as components: they draw the classes of `style/` and know no texts, no server and no money rules.
//! Every text arrives translated; every sum arrives formatted. `style/README.md` shows how they go together.

pub mod badge;
pub mod button;
pub mod chart;
pub mod copy;
pub mod dialog;
pub mod empty;
pub mod field;
pub mod frame;
pub mod icon;
pub mod list;
pub mod menu;
pub mod skeleton;
pub mod table;
pub mod tile;
pub mod timeline;
pub mod toast;

pub use badge::{Notice, StatusBadge, Tone};
pub use button::{Button, ButtonLink, IconButton, Look, Size};
pub use chart::{Bar, Bars, Share, Shares};
pub use copy::{CopyButton, Copyable};
pub use dialog::{Confirm, Dialog, Drawer};
pub use empty::Empty;
pub use field::{Field, FilePicker, MoneyInput, SearchInput, Segments, Select, Switch, TextArea, TextInput, ungroup};
pub use frame::{Crumb, Frame, Live, RoomHead};
pub use frame::{Room, RoomGroup};
pub use icon::{Awning, Glyph, Icon, Mark};
pub use list::{Chip, Fact, Facts, Tab};
pub use menu::{Menu, MenuButton, MenuLink};
pub use skeleton::{ShelfSkeleton, StorySkeleton, TableSkeleton, TilesSkeleton};
pub use table::{Cell, Column, Row, RowLink, Table, Td};
pub use tile::{Tile, Tiles};
pub use timeline::{Timeline, TimelineItem};
pub use toast::{ToastArea, Toasts};

/// A translated text: cheap to pass, whether it was in the program or came from the server.
pub type Text = leptos::oco::Oco<'static, str>;
