//! The words of mails in German.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;

use super::German;
use crate::domain::message::MailKind;
use crate::domain::message::NoticeCause;
use crate::texts::mail::Sentences;
use crate::texts::mail::Unit;
use crate::texts::mail::counted;

const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

impl Sentences for German {
    fn subject(&self, kind: MailKind, organization: Option<&str>) -> String {
        match (kind, organization) {
            (MailKind::Reset, Some(name)) => format!("Neues Passwort für {name} wählen"),
            (MailKind::Reset, None) => "Neues Passwort wählen".to_owned(),
            (MailKind::ForcedReset, Some(name)) => {
                format!("Neues Passwort für {name} wählen: Ihr bisheriges gilt nicht mehr")
            }
            (MailKind::ForcedReset, None) => "Neues Passwort wählen: Ihr bisheriges gilt nicht mehr".to_owned(),
            (MailKind::Invitation, Some(name)) => format!("Ihr Konto bei {name}: Passwort wählen"),
            (MailKind::Invitation, None) => "Ihr neues Konto: Passwort wählen".to_owned(),
            (MailKind::Notice, Some(name)) => format!("Ihr Passwort für {name} wurde geändert"),
            (MailKind::Notice, None) => "Ihr Passwort wurde geändert".to_owned(),
            (MailKind::AddressNotice, Some(name)) => {
                format!("Die E-Mail-Adresse Ihres Kontos bei {name} wurde geändert")
            }
            (MailKind::AddressNotice, None) => "Die E-Mail-Adresse Ihres Kontos wurde geändert".to_owned(),
            (MailKind::Test, Some(name)) => format!("Test-Mail von {name}"),
            (MailKind::Test, None) => "Test-Mail".to_owned(),
        }
    }

    fn greeting(&self, name: Option<&str>) -> String {
        name.map_or_else(|| "Guten Tag,".to_owned(), |name| format!("Guten Tag {name},"))
    }

    fn username(&self) -> &'static str {
        "Ihr Benutzername:"
    }

    fn purpose(&self, kind: MailKind, organization: Option<&str>) -> String {
        let of = of(organization);
        match kind {
            MailKind::Invitation => {
                format!("die Administration {of} hat ein Konto für Sie angelegt. Sie wählen das Passwort dazu.")
            }
            MailKind::ForcedReset => format!(
                "aus Sicherheitsgründen hat die Administration {of} Ihr bisheriges Passwort gesperrt. Sie wurden überall \
                 abgemeldet und können sich wieder anmelden, sobald Sie ein neues Passwort gewählt haben. Falls Sie das alte \
                 auch anderswo verwenden, ändern Sie es bitte auch dort."
            ),
            MailKind::Test => format!(
                "dies ist eine Test-Mail der Administration {of}. Sie ist angekommen, der Versand funktioniert also. \
                 Es ist nichts weiter zu tun."
            ),
            MailKind::Reset | MailKind::Notice | MailKind::AddressNotice => {
                format!("die Administration {of} bittet Sie, ein neues Passwort für Ihr Konto zu wählen.")
            }
        }
    }

    fn open(&self, kind: MailKind) -> &'static str {
        match kind {
            MailKind::Invitation => "Über diesen Link wählen Sie Ihr Passwort:",
            _ => "Über diesen Link wählen Sie Ihr neues Passwort:",
        }
    }

    fn button(&self, kind: MailKind) -> &'static str {
        match kind {
            MailKind::Invitation => "Passwort wählen",
            _ => "Neues Passwort wählen",
        }
    }

    fn without_button(&self) -> &'static str {
        "Wenn die Schaltfläche nicht funktioniert, öffnen Sie diesen Link:"
    }

    fn type_code(&self, page: &str) -> String {
        format!("Wenn sich der Link nicht öffnet, gehen Sie auf {page} und geben Sie diesen Code ein:")
    }

    fn lasts(&self, life: Duration) -> String {
        let (number, unit) = counted(life);
        let unit = match (unit, number) {
            (Unit::Days, 1) => "Tag",
            (Unit::Days, _) => "Tage",
            (Unit::Hours, 1) => "Stunde",
            (Unit::Hours, _) => "Stunden",
            (Unit::Minutes, 1) => "Minute",
            (Unit::Minutes, _) => "Minuten",
            (Unit::Seconds, 1) => "Sekunde",
            (Unit::Seconds, _) => "Sekunden",
        };
        format!(
            "Link und Code gelten {number} {unit}, nur einmal, und enden, wenn eine neuere Mail dieser Art \
             versandt wird."
        )
    }

    fn note(&self) -> &'static str {
        "Die Administration schreibt dazu:"
    }

    fn requirements(&self) -> &'static str {
        "Anforderungen an das Passwort:"
    }

    fn not_me(&self) -> &'static str {
        "Wenn das nicht für Sie bestimmt ist oder Sie es nicht erwartet haben, lassen Sie den Link oben unberührt und \
         öffnen Sie diesen, der ihn ungültig macht:"
    }

    fn help(&self, contact: Option<&str>, organization: Option<&str>) -> String {
        match contact {
            Some(contact) => format!("Fragen? {contact}"),
            None => format!("Fragen beantwortet die Administration {}.", of(organization)),
        }
    }

    fn never_asked(&self, organization: Option<&str>) -> String {
        let at = organization.map_or_else(|| "in Ihrer Organisation".to_owned(), |name| format!("bei {name}"));
        format!("Niemand {at} wird Sie je nach Ihrem Passwort oder nach einem Code fragen.")
    }

    fn changed(&self, cause: NoticeCause, organization: Option<&str>, time: Timestamp) -> String {
        let time = written(time);
        match cause {
            NoticeCause::SetByOperator => {
                format!(
                    "die Administration {} hat am {time} ein neues Passwort für Ihr Konto gesetzt.",
                    of(organization)
                )
            }
            NoticeCause::ChangedByUser => {
                format!("das Passwort Ihres Kontos wurde am {time} geändert, mit dem bisherigen Passwort.")
            }
            NoticeCause::ChosenByLink => {
                format!("das Passwort Ihres Kontos wurde am {time} geändert, über den Link aus unserer Mail an Sie.")
            }
            NoticeCause::AddressReplaced => format!(
                "die Administration {} hat am {time} die E-Mail-Adresse Ihres Kontos geändert. Mails zu Ihrem Konto gehen ab \
                 sofort an die neue Adresse und nicht mehr an diese.",
                of(organization)
            ),
            NoticeCause::AddressSet => format!(
                "die Administration {} hat am {time} die E-Mail-Adresse Ihres Kontos geändert. Mails zu Ihrem Konto gehen ab \
                 sofort an diese Adresse.",
                of(organization)
            ),
        }
    }

    fn must_change(&self) -> &'static str {
        "Bei der nächsten Anmeldung werden Sie gebeten, ein eigenes Passwort zu wählen."
    }

    fn all_well(&self, cause: NoticeCause) -> Option<&'static str> {
        match cause {
            NoticeCause::SetByOperator | NoticeCause::AddressReplaced | NoticeCause::AddressSet => None,
            NoticeCause::ChangedByUser | NoticeCause::ChosenByLink => {
                Some("Wenn Sie das waren, ist nichts weiter zu tun.")
            }
        }
    }

    fn not_expected(&self, cause: NoticeCause, contact: Option<&str>, organization: Option<&str>) -> String {
        let doubt = match cause {
            NoticeCause::SetByOperator | NoticeCause::AddressReplaced => "Wenn Sie das nicht erwartet haben",
            NoticeCause::AddressSet => "Wenn Sie das nicht erwartet haben oder das nicht Ihr Konto ist",
            NoticeCause::ChangedByUser | NoticeCause::ChosenByLink => "Wenn Sie das nicht waren",
        };
        match contact {
            Some(contact) => format!("{doubt}, melden Sie es sofort: {contact}"),
            None => format!("{doubt}, melden Sie es sofort der Administration {}.", of(organization)),
        }
    }
}

/// Whose: behind a noun.
fn of(organization: Option<&str>) -> String {
    organization.map_or_else(|| "Ihrer Organisation".to_owned(), |name| format!("von {name}"))
}

/// A time as a sentence has it.
fn written(time: Timestamp) -> String {
    let time = Offset::UTC.to_datetime(time);
    let month = MONTHS[usize::from(time.month().unsigned_abs()) - 1];
    format!("{}. {month} {} um {:02}:{:02} Uhr (UTC)", time.day(), time.year(), time.hour(), time.minute())
}
