//! The complete text of each mail, in both languages.

use super::*;
use strum::VariantArray as _;

#[test]
fn a_reset_in_english() {
    let code = code();
    let note = "We moved to a new sign-in page last week. {{ code }} If you have questions about it, come to room 4.12 \
                or write to Bo.";
    let text = Draft::new().text(MailContent::Reset(PasswordChoice { note: Some(note), ..choice(&code) }));
    insta::assert_snapshot!(text, @"
    Choose a new password for Example Travel

    Hello Alice Weber,

    An administrator of Example Travel asks you to choose a new password for
    your account.

    Your username: alice

    Open this link to choose your new password:

    https://reset.example.com/#QBJHRDDTF6FCD5GA5JD49KTY4M

    If the link does not open, go to https://reset.example.com/ and enter
    this code:

    QBJHR-DDTF6-FCD5G-A5JD4-9KTY4M

    The link and the code work once, within 24 hours. If you receive a newer
    mail like this one, use that one instead.

    Message from the administrator:

    > We moved to a new sign-in page last week. {{ code }} If you have
    > questions about it, come to room 4.12 or write to Bo.

    Password requirements:

    - at least 15 characters (any characters, including spaces)
    - not a common password, even with digits or symbols added; several
      words in a row are fine
    - not only your name, username or email address, or the organization's
      name
    - no repetition of one character or a short group, and no sequence such
      as abcdefgh12345678

    If you did not expect this mail, or it was not meant for you, do not use
    the link above; cancel it here:

    https://reset.example.com/#!QBJHRDDTF6FCD5GA5JD49KTY4M

    Questions? IT desk, +49 30 1234567, help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ");
}

#[test]
fn a_reset_in_german() {
    let code = code();
    let text = Draft::in_german()
        .text(MailContent::Reset(PasswordChoice { note: Some("Grüße aus Köln"), ..choice(&code) }));
    insta::assert_snapshot!(text, @"
    Neues Passwort für Example Travel wählen

    Guten Tag Zoë Müller,

    die Administration von Example Travel bittet Sie, ein neues Passwort für
    Ihr Konto zu wählen.

    Ihr Benutzername: alice

    Öffnen Sie diesen Link, um Ihr neues Passwort zu wählen:

    https://reset.example.com/#QBJHRDDTF6FCD5GA5JD49KTY4M

    Falls sich der Link nicht öffnen lässt, gehen Sie auf
    https://reset.example.com/ und geben Sie dort diesen Code ein:

    QBJHR-DDTF6-FCD5G-A5JD4-9KTY4M

    Link und Code gelten 24 Stunden und können nur einmal verwendet werden.
    Wenn Sie eine neuere Mail dieser Art erhalten, verwenden Sie bitte
    diese.

    Nachricht der Administration:

    > Grüße aus Köln

    Anforderungen an das Passwort:

    - mindestens 15 Zeichen (beliebige Zeichen, auch Leerzeichen)
    - kein häufig verwendetes Passwort, auch nicht mit zusätzlichen Ziffern
      oder Sonderzeichen; mehrere Wörter hintereinander sind erlaubt
    - nicht nur Ihr Name, Ihr Benutzername, Ihre E-Mail-Adresse oder der
      Name der Organisation
    - keine Wiederholung eines Zeichens oder einer kurzen Zeichengruppe und
      keine Folge wie abcdefgh12345678

    Falls Sie diese Mail nicht erwartet haben oder sie nicht für Sie
    bestimmt ist, verwenden Sie den Link oben bitte nicht, sondern machen
    Sie ihn hier ungültig:

    https://reset.example.com/#!QBJHRDDTF6FCD5GA5JD49KTY4M

    Fragen? IT desk, +49 30 1234567, help@example.com

    Niemand bei Example Travel wird Sie jemals nach Ihrem Passwort oder nach
    einem Code fragen.
    ");
}

#[test]
fn an_invitation_in_english() {
    let code = code();
    let lifetime = Duration::from_secs(7 * 86_400);
    let text = Draft::new().text(MailContent::Invitation(PasswordChoice { lifetime, ..choice(&code) }));
    insta::assert_snapshot!(text, @"
    Your account at Example Travel: choose a password

    Hello Alice Weber,

    An administrator of Example Travel has created an account for you.
    Please choose a password.

    Your username: alice

    Open this link to choose your password:

    https://reset.example.com/#QBJHRDDTF6FCD5GA5JD49KTY4M

    If the link does not open, go to https://reset.example.com/ and enter
    this code:

    QBJHR-DDTF6-FCD5G-A5JD4-9KTY4M

    The link and the code work once, within 7 days. If you receive a newer
    mail like this one, use that one instead.

    Password requirements:

    - at least 15 characters (any characters, including spaces)
    - not a common password, even with digits or symbols added; several
      words in a row are fine
    - not only your name, username or email address, or the organization's
      name
    - no repetition of one character or a short group, and no sequence such
      as abcdefgh12345678

    If you did not expect this mail, or it was not meant for you, do not use
    the link above; cancel it here:

    https://reset.example.com/#!QBJHRDDTF6FCD5GA5JD49KTY4M

    Questions? IT desk, +49 30 1234567, help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ");
}

#[test]
fn an_invitation_in_german() {
    let code = code();
    let lifetime = Duration::from_secs(7 * 86_400);
    let text = Draft::in_german().text(MailContent::Invitation(PasswordChoice { lifetime, ..choice(&code) }));
    insta::assert_snapshot!(text, @"
    Ihr Konto bei Example Travel: Passwort wählen

    Guten Tag Zoë Müller,

    die Administration von Example Travel hat ein Konto für Sie angelegt.
    Bitte wählen Sie ein Passwort.

    Ihr Benutzername: alice

    Öffnen Sie diesen Link, um Ihr Passwort zu wählen:

    https://reset.example.com/#QBJHRDDTF6FCD5GA5JD49KTY4M

    Falls sich der Link nicht öffnen lässt, gehen Sie auf
    https://reset.example.com/ und geben Sie dort diesen Code ein:

    QBJHR-DDTF6-FCD5G-A5JD4-9KTY4M

    Link und Code gelten 7 Tage und können nur einmal verwendet werden. Wenn
    Sie eine neuere Mail dieser Art erhalten, verwenden Sie bitte diese.

    Anforderungen an das Passwort:

    - mindestens 15 Zeichen (beliebige Zeichen, auch Leerzeichen)
    - kein häufig verwendetes Passwort, auch nicht mit zusätzlichen Ziffern
      oder Sonderzeichen; mehrere Wörter hintereinander sind erlaubt
    - nicht nur Ihr Name, Ihr Benutzername, Ihre E-Mail-Adresse oder der
      Name der Organisation
    - keine Wiederholung eines Zeichens oder einer kurzen Zeichengruppe und
      keine Folge wie abcdefgh12345678

    Falls Sie diese Mail nicht erwartet haben oder sie nicht für Sie
    bestimmt ist, verwenden Sie den Link oben bitte nicht, sondern machen
    Sie ihn hier ungültig:

    https://reset.example.com/#!QBJHRDDTF6FCD5GA5JD49KTY4M

    Fragen? IT desk, +49 30 1234567, help@example.com

    Niemand bei Example Travel wird Sie jemals nach Ihrem Passwort oder nach
    einem Code fragen.
    ");
}

#[test]
fn a_notice_for_each_cause_in_english() {
    let draft = Draft::new();
    let text = NoticeCause::VARIANTS.iter().map(|cause| draft.text(notice(*cause))).collect::<Vec<_>>().join("----\n");
    insta::assert_snapshot!(text, @"
    Your Example Travel password was changed

    Hello Alice Weber,

    An administrator of Example Travel set a new password for your account
    on 4 March 2026 at 09:05 UTC.

    Your username: alice

    The next time you sign in, you will be asked to choose a password of
    your own.

    If you did not expect this, tell us immediately: IT desk, +49 30
    1234567, help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ----
    Your Example Travel password was changed

    Hello Alice Weber,

    The password of your account was changed on 4 March 2026 at 09:05 UTC,
    using the previous password.

    Your username: alice

    If this was you, you do not need to do anything.

    If this was not you, tell us immediately: IT desk, +49 30 1234567,
    help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ----
    Your Example Travel password was changed

    Hello Alice Weber,

    The password of your account was changed on 4 March 2026 at 09:05 UTC,
    using the link that we sent you by email.

    Your username: alice

    If this was you, you do not need to do anything.

    If this was not you, tell us immediately: IT desk, +49 30 1234567,
    help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ----
    The email address of your Example Travel account was changed

    Hello Alice Weber,

    An administrator of Example Travel changed the email address of your
    account on 4 March 2026 at 09:05 UTC. From now on, mail about your
    account is sent to the new address and no longer to this one.

    Your username: alice

    If you did not expect this, tell us immediately: IT desk, +49 30
    1234567, help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ----
    The email address of your Example Travel account was changed

    Hello Alice Weber,

    An administrator of Example Travel changed the email address of your
    account on 4 March 2026 at 09:05 UTC. From now on, mail about your
    account is sent to this address.

    Your username: alice

    If you did not expect this, or this is not your account, tell us
    immediately: IT desk, +49 30 1234567, help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ");
}

#[test]
fn a_notice_for_each_cause_in_german() {
    let draft = Draft::in_german();
    let text = NoticeCause::VARIANTS.iter().map(|cause| draft.text(notice(*cause))).collect::<Vec<_>>().join("----\n");
    insta::assert_snapshot!(text, @"
    Ihr Passwort für Example Travel wurde geändert

    Guten Tag Zoë Müller,

    die Administration von Example Travel hat am 4. März 2026 um 09:05 Uhr
    (UTC) ein neues Passwort für Ihr Konto gesetzt.

    Ihr Benutzername: alice

    Bei der nächsten Anmeldung werden Sie aufgefordert, ein eigenes Passwort
    zu wählen.

    Falls Sie das nicht erwartet haben, melden Sie es bitte sofort: IT desk,
    +49 30 1234567, help@example.com

    Niemand bei Example Travel wird Sie jemals nach Ihrem Passwort oder nach
    einem Code fragen.
    ----
    Ihr Passwort für Example Travel wurde geändert

    Guten Tag Zoë Müller,

    das Passwort Ihres Kontos wurde am 4. März 2026 um 09:05 Uhr (UTC) mit
    dem bisherigen Passwort geändert.

    Ihr Benutzername: alice

    Wenn Sie das waren, brauchen Sie nichts weiter zu tun.

    Falls Sie das nicht waren, melden Sie es bitte sofort: IT desk, +49 30
    1234567, help@example.com

    Niemand bei Example Travel wird Sie jemals nach Ihrem Passwort oder nach
    einem Code fragen.
    ----
    Ihr Passwort für Example Travel wurde geändert

    Guten Tag Zoë Müller,

    das Passwort Ihres Kontos wurde am 4. März 2026 um 09:05 Uhr (UTC) über
    den Link in unserer Mail an Sie geändert.

    Ihr Benutzername: alice

    Wenn Sie das waren, brauchen Sie nichts weiter zu tun.

    Falls Sie das nicht waren, melden Sie es bitte sofort: IT desk, +49 30
    1234567, help@example.com

    Niemand bei Example Travel wird Sie jemals nach Ihrem Passwort oder nach
    einem Code fragen.
    ----
    Die E-Mail-Adresse Ihres Kontos bei Example Travel wurde geändert

    Guten Tag Zoë Müller,

    die Administration von Example Travel hat am 4. März 2026 um 09:05 Uhr
    (UTC) die E-Mail-Adresse Ihres Kontos geändert. Mails zu Ihrem Konto
    gehen ab sofort an die neue Adresse und nicht mehr an diese.

    Ihr Benutzername: alice

    Falls Sie das nicht erwartet haben, melden Sie es bitte sofort: IT desk,
    +49 30 1234567, help@example.com

    Niemand bei Example Travel wird Sie jemals nach Ihrem Passwort oder nach
    einem Code fragen.
    ----
    Die E-Mail-Adresse Ihres Kontos bei Example Travel wurde geändert

    Guten Tag Zoë Müller,

    die Administration von Example Travel hat am 4. März 2026 um 09:05 Uhr
    (UTC) die E-Mail-Adresse Ihres Kontos geändert. Mails zu Ihrem Konto
    gehen ab sofort an diese Adresse.

    Ihr Benutzername: alice

    Falls Sie das nicht erwartet haben oder dies nicht Ihr Konto ist, melden
    Sie es bitte sofort: IT desk, +49 30 1234567, help@example.com

    Niemand bei Example Travel wird Sie jemals nach Ihrem Passwort oder nach
    einem Code fragen.
    ");
}

#[test]
fn a_test_in_both_languages() {
    let text = [Draft::new(), Draft::in_german()].map(|draft| draft.text(MailContent::Test)).join("----\n");
    insta::assert_snapshot!(text, @"
    Test mail from Example Travel

    Hello Alice Weber,

    This is a test mail from Example Travel, sent by an administrator. You
    have received it, so sending mail works. You do not need to do anything.
    ----
    Testmail von Example Travel

    Guten Tag Zoë Müller,

    dies ist eine Testmail der Administration von Example Travel. Da Sie sie
    erhalten haben, funktioniert der Versand. Sie brauchen nichts weiter zu
    tun.
    ");
}
