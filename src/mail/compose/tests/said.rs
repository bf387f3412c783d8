//! What each mail says, in both languages.

use super::*;

#[test]
fn a_reset_in_english() {
    let code = code();
    let note = "We moved to a new sign-in page last week. {{ code }} If you have questions about it, come to room 4.12 \
                or write to Bo.";
    let text = Draft::new().text(Content::Reset(Choice { note: Some(note), ..choice(&code) }));
    insta::assert_snapshot!(text, @r"
    Choose a new password for Example Travel

    Hello Alice Weber,

    An administrator of Example Travel asks you to choose a new password for
    your account.

    Your username: alice

    Open this link to choose your new password:

    https://reset.example.com/#QBJHRDDTF6FCD5GA5JD49KTY4M

    If the link does not open, go to https://reset.example.com/ and type
    this code:

    QBJHR-DDTF6-FCD5G-A5JD4-9KTY4M

    The link and the code work for 24 hours, only once, and end when a newer
    mail of this kind is sent.

    The administrator writes:

    > We moved to a new sign-in page last week. {{ code }} If you have
    > questions about it, come to room 4.12 or write to Bo.

    What the password must be:

    - at least 15 characters; spaces and letters of every script count
    - at most 1,024 bytes (at least 256 characters of any script)
    - not a common password, nor one with digits or symbols put around it; a
      phrase of several words may contain one
    - not made only of the user's name, username or email address or of the
      organization's name
    - not one character or short block repeated, nor a sequence such as
      `abcdefgh12345678`

    If this was not meant for you, or you did not expect it, leave the link
    above alone and open this one, which makes it void:

    https://reset.example.com/#!QBJHRDDTF6FCD5GA5JD49KTY4M

    Questions? IT desk, +49 30 1234567, help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ");
}

#[test]
fn a_reset_in_german() {
    let code = code();
    let text = Draft::in_german().text(Content::Reset(Choice { note: Some("Grüße aus Köln"), ..choice(&code) }));
    insta::assert_snapshot!(text, @r"
    Neues Passwort für Example Travel wählen

    Guten Tag Zoë Müller,

    die Administration von Example Travel bittet Sie, ein neues Passwort für
    Ihr Konto zu wählen.

    Ihr Benutzername: alice

    Über diesen Link wählen Sie Ihr neues Passwort:

    https://reset.example.com/#QBJHRDDTF6FCD5GA5JD49KTY4M

    Wenn sich der Link nicht öffnet, gehen Sie auf
    https://reset.example.com/ und geben Sie diesen Code ein:

    QBJHR-DDTF6-FCD5G-A5JD4-9KTY4M

    Link und Code gelten 24 Stunden, nur einmal, und enden, wenn eine neuere
    Mail dieser Art versandt wird.

    Die Administration schreibt dazu:

    > Grüße aus Köln

    Anforderungen an das Passwort:

    - mindestens 15 Zeichen; Leerzeichen und Buchstaben jeder Schrift zählen
    - höchstens 1.024 Bytes (mindestens 256 Zeichen jeder Schrift)
    - kein verbreitetes Passwort, auch nicht mit Ziffern oder Sonderzeichen
      darum; ein Satz aus mehreren Wörtern darf eines enthalten
    - nicht nur aus Name, Benutzername oder E-Mail-Adresse oder aus dem
      Namen der Organisation gebildet
    - kein wiederholtes Zeichen, kein wiederholter kurzer Block und keine
      Folge wie `abcdefgh12345678`

    Wenn das nicht für Sie bestimmt ist oder Sie es nicht erwartet haben,
    lassen Sie den Link oben unberührt und öffnen Sie diesen, der ihn
    ungültig macht:

    https://reset.example.com/#!QBJHRDDTF6FCD5GA5JD49KTY4M

    Fragen? IT desk, +49 30 1234567, help@example.com

    Niemand bei Example Travel wird Sie je nach Ihrem Passwort oder nach
    einem Code fragen.
    ");
}

#[test]
fn an_invitation_in_english() {
    let code = code();
    let life = Duration::from_secs(7 * 86_400);
    let text = Draft::new().text(Content::Invitation(Choice { life, ..choice(&code) }));
    insta::assert_snapshot!(text, @r"
    Your account at Example Travel: choose a password

    Hello Alice Weber,

    An administrator of Example Travel has made an account for you. You
    choose its password.

    Your username: alice

    Open this link to choose your password:

    https://reset.example.com/#QBJHRDDTF6FCD5GA5JD49KTY4M

    If the link does not open, go to https://reset.example.com/ and type
    this code:

    QBJHR-DDTF6-FCD5G-A5JD4-9KTY4M

    The link and the code work for 7 days, only once, and end when a newer
    mail of this kind is sent.

    What the password must be:

    - at least 15 characters; spaces and letters of every script count
    - at most 1,024 bytes (at least 256 characters of any script)
    - not a common password, nor one with digits or symbols put around it; a
      phrase of several words may contain one
    - not made only of the user's name, username or email address or of the
      organization's name
    - not one character or short block repeated, nor a sequence such as
      `abcdefgh12345678`

    If this was not meant for you, or you did not expect it, leave the link
    above alone and open this one, which makes it void:

    https://reset.example.com/#!QBJHRDDTF6FCD5GA5JD49KTY4M

    Questions? IT desk, +49 30 1234567, help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ");
}

#[test]
fn an_invitation_in_german() {
    let code = code();
    let life = Duration::from_secs(7 * 86_400);
    let text = Draft::in_german().text(Content::Invitation(Choice { life, ..choice(&code) }));
    insta::assert_snapshot!(text, @r"
    Ihr Konto bei Example Travel: Passwort wählen

    Guten Tag Zoë Müller,

    die Administration von Example Travel hat ein Konto für Sie angelegt.
    Sie wählen das Passwort dazu.

    Ihr Benutzername: alice

    Über diesen Link wählen Sie Ihr Passwort:

    https://reset.example.com/#QBJHRDDTF6FCD5GA5JD49KTY4M

    Wenn sich der Link nicht öffnet, gehen Sie auf
    https://reset.example.com/ und geben Sie diesen Code ein:

    QBJHR-DDTF6-FCD5G-A5JD4-9KTY4M

    Link und Code gelten 7 Tage, nur einmal, und enden, wenn eine neuere
    Mail dieser Art versandt wird.

    Anforderungen an das Passwort:

    - mindestens 15 Zeichen; Leerzeichen und Buchstaben jeder Schrift zählen
    - höchstens 1.024 Bytes (mindestens 256 Zeichen jeder Schrift)
    - kein verbreitetes Passwort, auch nicht mit Ziffern oder Sonderzeichen
      darum; ein Satz aus mehreren Wörtern darf eines enthalten
    - nicht nur aus Name, Benutzername oder E-Mail-Adresse oder aus dem
      Namen der Organisation gebildet
    - kein wiederholtes Zeichen, kein wiederholter kurzer Block und keine
      Folge wie `abcdefgh12345678`

    Wenn das nicht für Sie bestimmt ist oder Sie es nicht erwartet haben,
    lassen Sie den Link oben unberührt und öffnen Sie diesen, der ihn
    ungültig macht:

    https://reset.example.com/#!QBJHRDDTF6FCD5GA5JD49KTY4M

    Fragen? IT desk, +49 30 1234567, help@example.com

    Niemand bei Example Travel wird Sie je nach Ihrem Passwort oder nach
    einem Code fragen.
    ");
}

#[test]
fn a_notice_for_each_cause_in_english() {
    let draft = Draft::new();
    let text = NoticeCause::ALL.map(|cause| draft.text(notice(cause))).join("----\n");
    insta::assert_snapshot!(text, @"
    Your password for Example Travel was changed

    Hello Alice Weber,

    An administrator of Example Travel has set a new password for your
    account on 4 March 2026 at 09:05 UTC.

    Your username: alice

    When you next sign in, you will be asked to choose a password of your
    own.

    If you did not expect this, say so at once: IT desk, +49 30 1234567,
    help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ----
    Your password for Example Travel was changed

    Hello Alice Weber,

    The password of your account was changed on 4 March 2026 at 09:05 UTC,
    with the former password.

    Your username: alice

    If this was you, there is nothing to do.

    If this was not you, say so at once: IT desk, +49 30 1234567,
    help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ----
    Your password for Example Travel was changed

    Hello Alice Weber,

    The password of your account was changed on 4 March 2026 at 09:05 UTC,
    with the link that was mailed to you.

    Your username: alice

    If this was you, there is nothing to do.

    If this was not you, say so at once: IT desk, +49 30 1234567,
    help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ----
    The email address of your Example Travel account was changed

    Hello Alice Weber,

    An administrator of Example Travel changed the email address of your
    account on 4 March 2026 at 09:05 UTC. From now on, mail about your
    account goes to the new address and no longer to this one.

    Your username: alice

    If you did not expect this, say so at once: IT desk, +49 30 1234567,
    help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ----
    The email address of your Example Travel account was changed

    Hello Alice Weber,

    An administrator of Example Travel changed the email address of your
    account on 4 March 2026 at 09:05 UTC. From now on, mail about your
    account goes to this address.

    Your username: alice

    If you did not expect this, or this is not your account, say so at once:
    IT desk, +49 30 1234567, help@example.com

    Nobody at Example Travel will ever ask you for your password or for a
    code.
    ");
}

#[test]
fn a_notice_for_each_cause_in_german() {
    let draft = Draft::in_german();
    let text = NoticeCause::ALL.map(|cause| draft.text(notice(cause))).join("----\n");
    insta::assert_snapshot!(text, @"
    Ihr Passwort für Example Travel wurde geändert

    Guten Tag Zoë Müller,

    die Administration von Example Travel hat am 4. März 2026 um 09:05 Uhr
    (UTC) ein neues Passwort für Ihr Konto gesetzt.

    Ihr Benutzername: alice

    Bei der nächsten Anmeldung werden Sie gebeten, ein eigenes Passwort zu
    wählen.

    Wenn Sie das nicht erwartet haben, melden Sie es sofort: IT desk, +49 30
    1234567, help@example.com

    Niemand bei Example Travel wird Sie je nach Ihrem Passwort oder nach
    einem Code fragen.
    ----
    Ihr Passwort für Example Travel wurde geändert

    Guten Tag Zoë Müller,

    das Passwort Ihres Kontos wurde am 4. März 2026 um 09:05 Uhr (UTC)
    geändert, mit dem bisherigen Passwort.

    Ihr Benutzername: alice

    Wenn Sie das waren, ist nichts weiter zu tun.

    Wenn Sie das nicht waren, melden Sie es sofort: IT desk, +49 30 1234567,
    help@example.com

    Niemand bei Example Travel wird Sie je nach Ihrem Passwort oder nach
    einem Code fragen.
    ----
    Ihr Passwort für Example Travel wurde geändert

    Guten Tag Zoë Müller,

    das Passwort Ihres Kontos wurde am 4. März 2026 um 09:05 Uhr (UTC)
    geändert, über den Link aus unserer Mail an Sie.

    Ihr Benutzername: alice

    Wenn Sie das waren, ist nichts weiter zu tun.

    Wenn Sie das nicht waren, melden Sie es sofort: IT desk, +49 30 1234567,
    help@example.com

    Niemand bei Example Travel wird Sie je nach Ihrem Passwort oder nach
    einem Code fragen.
    ----
    Die E-Mail-Adresse Ihres Kontos bei Example Travel wurde geändert

    Guten Tag Zoë Müller,

    die Administration von Example Travel hat am 4. März 2026 um 09:05 Uhr
    (UTC) die E-Mail-Adresse Ihres Kontos geändert. Mails zu Ihrem Konto
    gehen ab sofort an die neue Adresse und nicht mehr an diese.

    Ihr Benutzername: alice

    Wenn Sie das nicht erwartet haben, melden Sie es sofort: IT desk, +49 30
    1234567, help@example.com

    Niemand bei Example Travel wird Sie je nach Ihrem Passwort oder nach
    einem Code fragen.
    ----
    Die E-Mail-Adresse Ihres Kontos bei Example Travel wurde geändert

    Guten Tag Zoë Müller,

    die Administration von Example Travel hat am 4. März 2026 um 09:05 Uhr
    (UTC) die E-Mail-Adresse Ihres Kontos geändert. Mails zu Ihrem Konto
    gehen ab sofort an diese Adresse.

    Ihr Benutzername: alice

    Wenn Sie das nicht erwartet haben oder das nicht Ihr Konto ist, melden
    Sie es sofort: IT desk, +49 30 1234567, help@example.com

    Niemand bei Example Travel wird Sie je nach Ihrem Passwort oder nach
    einem Code fragen.
    ");
}

#[test]
fn a_test_in_both_languages() {
    let text = [Draft::new(), Draft::in_german()].map(|draft| draft.text(Content::Test)).join("----\n");
    insta::assert_snapshot!(text, @r"
    Test mail from Example Travel

    Hello Alice Weber,

    This is a test mail from Example Travel, sent by an administrator. It
    has arrived, so mail works. There is nothing to do.
    ----
    Test-Mail von Example Travel

    Guten Tag Zoë Müller,

    dies ist eine Test-Mail der Administration von Example Travel. Sie ist
    angekommen, der Versand funktioniert also. Es ist nichts weiter zu tun.
    ");
}
