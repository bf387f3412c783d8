//! A spreadsheet user's week with Debian's LibreOffice: export, save as .ods and .xlsx, edit, import, lock those who left, undo.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use crate::support::World;

/// Saves a file in another format in the same directory. The filters are LibreOffice's names for them.
fn convert(world: &World, file: &Path, read_as: Option<&str>, format: &str) -> PathBuf {
    let mut command = Command::new("soffice");
    command.arg(format!("-env:UserInstallation=file://{}", world.path("profile").display())).arg("--headless");
    command.args(read_as.map(|filter| format!("--infilter={filter}")));
    command.args(["--convert-to", format, "--outdir"]).arg(world.directory()).arg(file);
    let status = command.env("HOME", world.directory()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
    file.with_extension(format.split(':').next().unwrap())
}

/// CSV with semicolons in UTF-8, as a German LibreOffice saves it.
const GERMAN: &str = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false";
/// CSV with tabs, as "Unicode text" is saved.
const TABS: &str = "csv:Text - txt - csv (StarCalc):9,34,65535,1,,0,false,true,false";

#[test]
fn a_week_with_a_spreadsheet_ends_as_it_began() {
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests, which the program never sees")]
    let is_long = std::env::var_os("CXME_TEST_LONG").is_some();
    if !is_long {
        println!("not tested: takes half a minute and LibreOffice; tests/run --long does it");
        return;
    }
    if let Err(error) = Command::new("soffice").arg("--version").output() {
        println!("not tested: soffice (Debian package libreoffice-calc): {error}");
        return;
    }
    let world = World::new().with_saml_user();
    let rows = "email,name,status,locked_until,locale\nann@example.com,\"Adams, Jörg\",,,de\nbo@example.com,=Bo,locked,2031-01-01,\n\
        cy@example.com,Cy,,,\ndee@example.com,\"The \"\"D\"\"\",locked,,\n";
    world.command("users import -").stdin(rows).run().expect_status(0);
    let state = || world.run("users export -o ndjson").expect_status(0).out();
    let before = state();

    // Monday: an export is opened, saved as a sheet and as text again; nothing has changed.
    let monday = world.path("monday.csv");
    world.command("users export --bom --to").argument(&monday).run().expect_status(0);
    let mut saved = Vec::new();
    for sheet in ["ods", "xlsx"] {
        for text in [GERMAN, TABS] {
            let sheet = convert(&world, &monday, Some("CSV:44,34,76,1"), sheet);
            let copy = sheet.with_file_name(format!("copy{}.{}", saved.len(), sheet.extension().unwrap().display()));
            fs::rename(&sheet, &copy).unwrap();
            let file = convert(&world, &copy, None, text);
            let run = world.command("users import --update-only -v").argument(&file).run();
            assert_eq!(run.err(), "0 added, 0 changed, 5 unchanged.\n", "{}\n{run}", file.display());
            saved.push(file);
        }
    }
    assert_eq!(state(), before);

    // Tuesday: a name is corrected in the sheet, and a column of notes is added.
    let edited = fs::read_to_string(&saved[0])
        .unwrap()
        .replace(";Cy;", "; Cyrus ;")
        .replace("updated_at\n", "updated_at;notes\n");
    let edited: String =
        edited.lines().map(|line| format!("{line}{}\n", if line.contains("notes") { "" } else { ";x" })).collect();
    let tuesday = world.file("tuesday.csv", edited);
    let run = world.command("users import --update-only").argument(&tuesday).run();
    assert!(run.status == 65 && run.err().contains("unknown column `notes`"), "{run}");
    let run = world.command("users import --update-only --ignore-unknown -v").argument(&tuesday).run();
    assert_eq!(run.err(), "0 added, 1 changed, 4 unchanged.\n", "{run}");
    assert!(state().contains("\"Cyrus\""));

    // Wednesday: those who left stand in a sheet of their own, which is saved as Unicode text.
    let left = world.file("left.csv", "Name;Email\nJörg;ann@example.com\n;\nCy;cy@example.com\n");
    let left = convert(&world, &convert(&world, &left, Some("CSV:59,34,76,1"), "xlsx"), None, TABS);
    let leavers = world.command("users list -o csv --columns username,status --from").argument(&left).run();
    let locking = leavers.expect_status(0).out().replace(",active", ",LOCKED");
    assert_eq!(locking, "username,status\nann,LOCKED\ncy,LOCKED\n");
    world.command("users import --update-only -").stdin(locking).run().expect_status(0);
    assert_eq!(world.run("users list -o csv --columns username --status locked").out(), "username\nann\nbo\ncy\ndee\n");

    // Friday: it was a mistake; the export of Monday undoes it all.
    let undo = world.command("users import --update-only").argument(&saved[3]).run();
    assert!(undo.status == 65 && undo.err().contains("2 locks would be ended or shortened"), "{undo}");
    world.command("users import --update-only --yes").argument(&saved[3]).run().expect_status(0);
    assert_eq!(state(), before);
}
