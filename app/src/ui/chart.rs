//! Few charts, drawn as SVG in percent of their own width. Integers only: lengths are counted in thousandths.

use super::Text;
use leptos::prelude::*;

/// Of more bars than this only the longest and the last show their value by themselves, and so many at most have their
/// label on the axis.
const LABELLED: usize = 10;
/// Where the axis lies and how high the longest bar stands, in thousandths of the height.
const AXIS: u64 = 820;
const TALLEST: u64 = 700;

/// One bar: how long, and the words for it. `marked` is today, or whatever the page is about; `href` leads to what was
/// counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    pub href: Text,
    pub label: Text,
    pub value: u64,
    pub shown: Text,
    pub marked: bool,
}

/// One row of a funnel or of shares: `permille` of the whole. `href` leads to what was counted; `before` is a quiet word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub href: Text,
    pub label: Text,
    pub shown: Text,
    pub before: Text,
    pub permille: u32,
    pub marked: bool,
}

/// Upright bars, such as revenue by day. `label` says what they show.
#[component]
pub fn Bars(#[prop(into)] label: Text, bars: Vec<Bar>) -> impl IntoView {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0);
    let count = bars.len() as u64;
    let many = bars.len() > LABELLED;
    let drawn = (0..count).zip(bars).map(|(place, bar)| upright(place, count, most, bar)).collect_view();
    view! {
        // The picture is for the eye and the pointer; a table beside it says the same.
        <figure class="chart" role="group" aria-label=label data-many=many>
            <svg aria-hidden="true">
                <line class="axis" x1="0" x2="100%" y1=percent(AXIS) y2=percent(AXIS)></line>
                {drawn}
            </svg>
        </figure>
    }
}

fn upright(place: u64, count: u64, most: u64, bar: Bar) -> impl IntoView {
    let is_last = place + 1 == count;
    let tells = bar.marked && (count <= LABELLED as u64 || is_last || bar.value == most);
    let is_labelled = (count - 1 - place).is_multiple_of(count.div_ceil(LABELLED as u64));
    let (left, right) = (place * 1000 / count, (place + 1) * 1000 / count);
    let (width, middle) = (right - left, (left + right) / 2);
    let height = length(bar.value, most, TALLEST);
    let top = AXIS - height;
    view! {
        <a class="bar-spot" href=bar.href tabindex="-1">
            <rect class="spot" x=percent(left) y="0" width=percent(width) height="100%"></rect>
            <rect
                class="bar"
                data-mark=bar.marked
                x=percent(left + width * 18 / 100)
                y=percent(top)
                width=percent(width * 64 / 100)
                height=percent(height)
                rx="3"
            ></rect>
            <text class="shown" data-mark=tells x=percent(middle) y=percent(top.saturating_sub(25)) text-anchor="middle">
                {bar.shown}
            </text>
            {is_labelled.then(|| view! { <text x=percent(middle) y="95%" text-anchor="middle">{bar.label}</text> })}
        </a>
    }
}

/// Lying bars with their words: the funnel, revenue by provider.
#[component]
pub fn Shares(rows: Vec<Share>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| {
        let part = u64::from(row.permille.min(1000));
        view! {
            <div class="share" data-mark=row.marked>
                <a class="cut" href=row.href>{row.label}</a>
                <b>{row.shown}<small>{row.before}</small></b>
                <svg aria-hidden="true"><rect width=percent(part) height="100%" rx="4"></rect></svg>
            </div>
        }
    });
    view! { <div class="shares">{rows.collect_view()}</div> }
}

/// How long a value stands against the longest; whatever is not nothing can be seen.
fn length(value: u64, most: u64, full: u64) -> u64 {
    if value == 0 || most == 0 {
        return 0;
    }
    let scaled = u128::from(value) * u128::from(full) / u128::from(most);
    u64::try_from(scaled).unwrap_or(full).clamp(6, full)
}

/// Thousandths as a CSS percentage.
fn percent(thousandths: u64) -> String {
    let (whole, rest) = (thousandths / 10, thousandths % 10);
    if rest == 0 {
        [&whole.to_string(), "%"].concat()
    } else {
        [&whole.to_string(), ".", &rest.to_string(), "%"].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::{length, percent};

    #[test]
    fn lengths_stay_in_the_picture() {
        assert_eq!(length(0, 10, 700), 0);
        assert_eq!(length(5, 10, 700), 350);
        assert_eq!(length(1, u64::MAX, 700), 6);
        assert_eq!(length(u64::MAX, u64::MAX, 700), 700);
    }

    #[test]
    fn thousandths_read_as_percent() {
        assert_eq!(percent(1000), "100%");
        assert_eq!(percent(335), "33.5%");
        assert_eq!(percent(7), "0.7%");
    }
}
