//! A booked time as a calendar file (RFC 5545): in UTC, under an id that stays, in lines of at most 75 bytes.

use domain::{Moment, moment::MINUTE};

/// One booked time.
pub(crate) struct Booked {
    pub(crate) uid: String,
    /// When it was confirmed.
    pub(crate) stamp: Moment,
    pub(crate) starts_at: Moment,
    pub(crate) minutes: i64,
    pub(crate) title: String,
    /// What the customer was told of it: where to come, what to bring.
    pub(crate) text: String,
    /// Who sells it.
    pub(crate) shop: String,
}

/// The file.
pub(crate) fn file(times: &[Booked]) -> Vec<u8> {
    let mut lines = vec!["BEGIN:VCALENDAR".into(), "VERSION:2.0".into(), "PRODID:-//Khanut//Booking//EN".into()];
    lines.push("METHOD:PUBLISH".into());
    for time in times {
        lines.push("BEGIN:VEVENT".into());
        lines.push(["UID:", &time.uid].concat());
        lines.push(["DTSTAMP:", &utc(time.stamp)].concat());
        lines.push(["DTSTART:", &utc(time.starts_at)].concat());
        lines.push(["DTEND:", &utc(time.starts_at.plus(time.minutes * MINUTE))].concat());
        lines.push(["SUMMARY:", &escaped(&[&time.title, ", ", &*time.shop].concat())].concat());
        lines.push(["LOCATION:", &escaped(&time.shop)].concat());
        if !time.text.is_empty() {
            lines.push(["DESCRIPTION:", &escaped(&time.text)].concat());
        }
        lines.push("END:VEVENT".into());
    }
    lines.push("END:VCALENDAR".into());
    lines.iter().flat_map(|line| folded(line).into_bytes()).collect()
}

/// `20261128T110000Z`.
fn utc(at: Moment) -> String {
    let text: String = at.rfc3339().chars().filter(|sign| !matches!(sign, '-' | ':')).collect();
    [text.get(..15).unwrap_or_default(), "Z"].concat()
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,");
    text.replace("\r\n", "\n").replace(['\n', '\r'], "\\n")
}

/// A long line goes on behind a space; no letter is cut.
fn folded(line: &str) -> String {
    let (mut out, mut used) = (String::new(), 0);
    for letter in line.chars() {
        if used + letter.len_utf8() > 75 {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(letter);
        used += letter.len_utf8();
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_calendars_read_it() {
        let time = Booked {
            uid: "ord_1-1@khanut".to_owned(),
            stamp: Moment(1_800_000_000_000),
            starts_at: Moment(1_800_003_600_000),
            minutes: 90,
            title: "Դաս; հավաք, առաջին".to_owned(),
            text: "Սպասում ենք ձեզ Աբովյան 18 հասցեում։\nԳոգնոցն ու կավը մեզնից են։".to_owned(),
            shop: "Կավ և Սուրճ".to_owned(),
        };
        let text = String::from_utf8(file(&[time])).unwrap();
        assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && text.ends_with("END:VCALENDAR\r\n"));
        for line in
            ["UID:ord_1-1@khanut", "DTSTAMP:20270115T080000Z", "DTSTART:20270115T090000Z", "DTEND:20270115T103000Z"]
        {
            assert!(text.contains(&format!("\r\n{line}\r\n")), "{line} in {text}");
        }
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        let whole = text.replace("\r\n ", "");
        assert!(whole.contains("SUMMARY:Դաս\\; հավաք\\, առաջին\\, Կավ և Սուրճ\r\n"), "{whole}");
        assert!(whole.contains("հասցեում։\\nԳոգնոցն"), "{whole}");
    }
}
