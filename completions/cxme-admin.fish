# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cxme_admin_global_optspecs
    string join \n c/config= store= o/output= q/quiet v/verbose color= no-input h/help V/version
end

function __fish_cxme_admin_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cxme_admin_global_optspecs) -- $cmd 2>/dev/null
    or return 0
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cxme_admin_using_subcommand
    set -l cmd (__fish_cxme_admin_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

# The values that only the store knows: users, roles, operators, jobs. Where the program is not there, or may not read the store,
# there are none.
function __fish_cxme_admin_values
    command -sq cxme-admin
    or return
    command cxme-admin __complete fish '' (commandline -opc) (commandline -ct) </dev/null 2>/dev/null
end

complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -s V -l version -d 'Print version'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "demo" -d 'Show the program at work on a sample organization'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "init" -d 'Create the configuration, store and reset key if they are missing'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "users" -d 'Users, their passwords and their locks'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "resets" -d 'Links with which users choose a password'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "jobs" -d 'Bulk sends and the outbox'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "roles" -d 'Roles and their permissions'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "operators" -d 'Operators: the OS accounts that may use this tool'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "policy" -d 'The organization\'s password requirements'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "audit" -d 'The audit log: every action, in a chain of hashes'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "mail" -d 'Test the relay, preview mails, list waiting mails, read delivery reports'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "store" -d 'The store'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "doctor" -d 'Check the whole installation, and name what is wrong'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "metrics" -d 'Print numbers for monitoring, in the text format of Prometheus'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "whoami" -d 'Show the account, role, permissions and store that commands use here'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "config" -d 'The configuration'
complete -c cxme-admin -n "__fish_cxme_admin_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand demo" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand demo" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand demo" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand demo" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand demo" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand demo" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand demo" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -l operator -d 'First operator, instead of the account that runs this' -r -f -a "(__fish_complete_users)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -l organization -d 'Name of the organization, for a new configuration' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -l help-contact -d 'Help contact for users, for a new configuration' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -s y -l yes -d 'Skip the questions; use the defaults'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -l new-key -d 'Create a new reset key for a store that has lost its own; links created with the old one stop working'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "list" -d 'List users, by email address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "show" -d 'Show users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "add" -d 'Add a user'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "clone" -d 'Add a user with the role, language and sign-in of another user'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "edit" -d 'Change users: address, name, role, sign-in, language, or whether they must change their password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "delete" -d 'Delete users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "lock" -d 'Lock users, for a time or until they are unlocked'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "unlock" -d 'Unlock users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "import" -d 'Import users from CSV, NDJSON or a JSON array, all or none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "export" -d 'Export users as CSV, JSON or NDJSON'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "password" -d 'Choose how a user gets a password: by a mailed link, or set here'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "set-password" -d 'Set a user\'s password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "send-reset" -d 'Mail users a link with which they choose a password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "verify-password" -d 'Check a user\'s password, as a login system does'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "change-password" -d 'Let a user change their own password, with the old one as proof'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and not __fish_seen_subcommand_from list show add clone edit delete lock unlock import export password set-password send-reset verify-password change-password help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l search -d 'Users whose username, email address or name contains this text, ignoring case' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l role -d 'Users with this role' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l status -d 'Users who are `active` or `locked`' -r -f -a "active\t''
locked\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l sign-in -d 'Users who sign in with a `password` or with `saml`' -r -f -a "password\t''
saml\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l email-domain -d 'Users whose address is in this domain' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l password-older-than -d 'Users whose password was set longer ago than this, such as `90d`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l from -d 'Users named in a file (`-`: standard input): one per line, or CSV or JSON with `username` or `email`' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l sort -d 'Sort by email, username, name, created, password or last-login' -r -f -a "email\t''
username\t''
name\t''
created\t''
password\t''
last-login\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l limit -d 'Limit the number of results; without it, a table at a terminal shows 1,000' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l columns -d 'Columns, separated by commas, such as `username,role,created_at`' -r -f -a "(__fish_append , id username email name role status locked_until sign_in locale password_set_at must_change_password password_expires_at session_epoch last_login_at bounced_at bounce_reply created_at updated_at)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l no-password -d 'Users who sign in with a password and have none yet'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l with-password -d 'Users who have a password; with `--sign-in saml`, those who should have none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l disagrees-with-saml-domains -d 'Users who sign in otherwise than `[saml] email_domains` says for their address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l policy-outdated -d 'Users whose password was set under another policy, or imported as a hash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l never-logged-in -d 'Users with no recorded login (only `users verify-password` records logins)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l bounced -d 'Users whose address bounces, as `mail bounces` read'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l reverse -d 'Reverse the order'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l all-rows -d 'Show all rows at a terminal too'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l search -d 'Users whose username, email address or name contains this text, ignoring case' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l role -d 'Users with this role' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l status -d 'Users who are `active` or `locked`' -r -f -a "active\t''
locked\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l sign-in -d 'Users who sign in with a `password` or with `saml`' -r -f -a "password\t''
saml\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l email-domain -d 'Users whose address is in this domain' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l password-older-than -d 'Users whose password was set longer ago than this, such as `90d`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l from -d 'Users named in a file (`-`: standard input): one per line, or CSV or JSON with `username` or `email`' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l no-password -d 'Users who sign in with a password and have none yet'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l with-password -d 'Users who have a password; with `--sign-in saml`, those who should have none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l disagrees-with-saml-domains -d 'Users who sign in otherwise than `[saml] email_domains` says for their address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l policy-outdated -d 'Users whose password was set under another policy, or imported as a hash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l never-logged-in -d 'Users with no recorded login (only `users verify-password` records logins)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l bounced -d 'Users whose address bounces, as `mail bounces` read'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l all -d 'All users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l username -d 'Username to sign in with: ASCII letters, digits and `._-`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l name -d 'Name of the person' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l role -d 'Role; by default Minimal Permissions' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l sign-in -d 'How the user signs in, `password` or `saml`; by default the domain of the address decides' -r -f -a "password\t''
saml\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l locale -d 'Language of mails and pages, such as `en` or `de-AT`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l send-reset -d 'Mail the user an invitation: a link with which they choose a password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l set-password -d 'Prompt for a password and set it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l generate -d 'Set a generated password and print it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -l email -d 'Email address of the new user; by default made from that of the original' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -l username -d 'Username of the new user; by default the part of the address before the @' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -l name -d 'Name of the new person' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l email -d 'New email address (one user only)' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l username -d 'New username (one user only)' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l name -d 'New name of the person (one user only)' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l role -d 'New role' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l sign-in -d 'New sign-in: `password` or `saml`' -r -f -a "password\t''
saml\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l locale -d 'New language, such as `en` or `de-AT`; empty for the organization\'s default' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l search -d 'Users whose username, email address or name contains this text, ignoring case' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l status -d 'Users who are `active` or `locked`' -r -f -a "active\t''
locked\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l email-domain -d 'Users whose address is in this domain' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l password-older-than -d 'Users whose password was set longer ago than this, such as `90d`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l from -d 'Users named in a file (`-`: standard input): one per line, or CSV or JSON with `username` or `email`' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l with-role -d 'Users with this role' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l with-sign-in -d 'Users who sign in with a `password` or with `saml`' -r -f -a "password\t''
saml\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l no-notify -d 'Do not notify the old and the new address of the change'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l must-change -d 'Users must choose another password at the next sign-in; open sessions continue'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l no-must-change -d 'Users may keep their password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l clear-bounce -d 'Forget that the address bounced, so that it is mailed again; a new address does that too'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -s y -l yes -d 'Skip confirmation before passwords are removed or several users are changed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l no-password -d 'Users who sign in with a password and have none yet'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l with-password -d 'Users who have a password; with `--sign-in saml`, those who should have none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l disagrees-with-saml-domains -d 'Users who sign in otherwise than `[saml] email_domains` says for their address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l policy-outdated -d 'Users whose password was set under another policy, or imported as a hash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l never-logged-in -d 'Users with no recorded login (only `users verify-password` records logins)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l bounced -d 'Users whose address bounces, as `mail bounces` read'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l all -d 'All users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l search -d 'Users whose username, email address or name contains this text, ignoring case' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l role -d 'Users with this role' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l status -d 'Users who are `active` or `locked`' -r -f -a "active\t''
locked\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l sign-in -d 'Users who sign in with a `password` or with `saml`' -r -f -a "password\t''
saml\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l email-domain -d 'Users whose address is in this domain' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l password-older-than -d 'Users whose password was set longer ago than this, such as `90d`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l from -d 'Users named in a file (`-`: standard input): one per line, or CSV or JSON with `username` or `email`' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l no-password -d 'Users who sign in with a password and have none yet'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l with-password -d 'Users who have a password; with `--sign-in saml`, those who should have none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l disagrees-with-saml-domains -d 'Users who sign in otherwise than `[saml] email_domains` says for their address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l policy-outdated -d 'Users whose password was set under another policy, or imported as a hash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l never-logged-in -d 'Users with no recorded login (only `users verify-password` records logins)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l bounced -d 'Users whose address bounces, as `mail bounces` read'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l all -d 'All users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l until -d 'End of the lock: a date (midnight) or a time such as `2026-12-01T08:00`, local unless it has a zone such as `Z` or `+01:00`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l for -d 'Duration of the lock, such as `30d` or `2h30m`; by default until `users unlock`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l not-in -d 'Lock all users who are not named in a file (`-`: standard input), in the forms of `--from`; operators\' own users are left out' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l expect -d 'Abort unless exactly N users would be locked' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l search -d 'Users whose username, email address or name contains this text, ignoring case' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l role -d 'Users with this role' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l status -d 'Users who are `active` or `locked`' -r -f -a "active\t''
locked\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l sign-in -d 'Users who sign in with a `password` or with `saml`' -r -f -a "password\t''
saml\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l email-domain -d 'Users whose address is in this domain' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l password-older-than -d 'Users whose password was set longer ago than this, such as `90d`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l from -d 'Users named in a file (`-`: standard input): one per line, or CSV or JSON with `username` or `email`' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l ignore-unknown -d 'With `--not-in`: ignore names in the file that no user has'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -s y -l yes -d 'Skip confirmation before several users are locked'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l no-password -d 'Users who sign in with a password and have none yet'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l with-password -d 'Users who have a password; with `--sign-in saml`, those who should have none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l disagrees-with-saml-domains -d 'Users who sign in otherwise than `[saml] email_domains` says for their address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l policy-outdated -d 'Users whose password was set under another policy, or imported as a hash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l never-logged-in -d 'Users with no recorded login (only `users verify-password` records logins)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l bounced -d 'Users whose address bounces, as `mail bounces` read'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l all -d 'All users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l search -d 'Users whose username, email address or name contains this text, ignoring case' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l role -d 'Users with this role' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l status -d 'Users who are `active` or `locked`' -r -f -a "active\t''
locked\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l sign-in -d 'Users who sign in with a `password` or with `saml`' -r -f -a "password\t''
saml\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l email-domain -d 'Users whose address is in this domain' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l password-older-than -d 'Users whose password was set longer ago than this, such as `90d`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l from -d 'Users named in a file (`-`: standard input): one per line, or CSV or JSON with `username` or `email`' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -s y -l yes -d 'Skip confirmation before several users are unlocked'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l no-password -d 'Users who sign in with a password and have none yet'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l with-password -d 'Users who have a password; with `--sign-in saml`, those who should have none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l disagrees-with-saml-domains -d 'Users who sign in otherwise than `[saml] email_domains` says for their address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l policy-outdated -d 'Users whose password was set under another policy, or imported as a hash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l never-logged-in -d 'Users with no recorded login (only `users verify-password` records logins)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l bounced -d 'Users whose address bounces, as `mail bounces` read'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l all -d 'All users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -l clear -d 'Columns in which an empty field clears the value instead of keeping it: name, locale, locked_until' -r -f -a "(__fish_append , name locale locked_until)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -l delimiter -d 'Field delimiter of a CSV: a character or `tab`; by default detected from the header' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -l update -d 'Also change existing users, found by username if the row has one, otherwise by address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -l update-only -d 'Change existing users and add nobody; a row without an existing user is an error'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -l ignore-unknown -d 'Ignore unknown columns instead of refusing them'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -l no-notify -d 'Do not notify the old and the new address of users whose address changes'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -s y -l yes -d 'Skip confirmation before passwords are removed, or locks ended or shortened'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l search -d 'Users whose username, email address or name contains this text, ignoring case' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l role -d 'Users with this role' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l status -d 'Users who are `active` or `locked`' -r -f -a "active\t''
locked\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l sign-in -d 'Users who sign in with a `password` or with `saml`' -r -f -a "password\t''
saml\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l email-domain -d 'Users whose address is in this domain' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l password-older-than -d 'Users whose password was set longer ago than this, such as `90d`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l from -d 'Users named in a file (`-`: standard input): one per line, or CSV or JSON with `username` or `email`' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l to -d 'New file, created with mode 0600' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l reason -d 'Reason, recorded in the audit log (with hashes)' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l no-password -d 'Users who sign in with a password and have none yet'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l with-password -d 'Users who have a password; with `--sign-in saml`, those who should have none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l disagrees-with-saml-domains -d 'Users who sign in otherwise than `[saml] email_domains` says for their address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l policy-outdated -d 'Users whose password was set under another policy, or imported as a hash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l never-logged-in -d 'Users with no recorded login (only `users verify-password` records logins)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l bounced -d 'Users whose address bounces, as `mail bounces` read'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l bom -d 'Start a CSV with a byte order mark, so that Excel reads it as UTF-8'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l with-hashes -d 'Include the password hashes: requires the permission `export-hashes`; never written to a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from password" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from password" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from password" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from password" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from password" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from password" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from password" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from password" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from password" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from password" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l password-file -d 'Read the password from the first line of a file that only you can read' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l batch -d 'Set the passwords of many users, all or none, from a file that only you can read (`-`: standard input): lines `USER:PASSWORD` as of chpasswd(8), or CSV whose header names `password` and `username` or `email`, and may name `must_change_password` and `expires`' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l generate -d 'Generate a password that meets the requirements and print it: `words` (the default) or `characters`' -f -a "words\t''
characters\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l out -d 'With `--generate`: set generated passwords of several users, named or selected, and write them to a new file of mode 0600, as CSV that `--batch` reads' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l expires -d 'A temporary password: it ends after this time, such as `7d`, and the user must choose another one before [default: `[password] temporary_lifetime`, if the user must change it]' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l expect -d 'With `--batch` or `--out`: abort unless exactly N users would be given a password' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l search -d 'Users whose username, email address or name contains this text, ignoring case' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l role -d 'Users with this role' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l status -d 'Users who are `active` or `locked`' -r -f -a "active\t''
locked\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l sign-in -d 'Users who sign in with a `password` or with `saml`' -r -f -a "password\t''
saml\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l email-domain -d 'Users whose address is in this domain' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l password-older-than -d 'Users whose password was set longer ago than this, such as `90d`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l from -d 'Users named in a file (`-`: standard input): one per line, or CSV or JSON with `username` or `email`' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l stdin -d 'Read the password from the first line of standard input'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l must-change -d 'The user must choose another password at the next sign-in'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l permanent -d 'The user may keep this password, whatever the configuration says'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l keep-sessions -d 'Keep the user\'s open sessions'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l no-notify -d 'Do not notify the user by mail that the password was changed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l override-policy -d 'Set the password even if the policy refuses it: requires the permission `override-policy`; recorded in the audit log'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -s y -l yes -d 'With `--batch` or `--out`: skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l no-password -d 'Users who sign in with a password and have none yet'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l with-password -d 'Users who have a password; with `--sign-in saml`, those who should have none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l disagrees-with-saml-domains -d 'Users who sign in otherwise than `[saml] email_domains` says for their address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l policy-outdated -d 'Users whose password was set under another policy, or imported as a hash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l never-logged-in -d 'Users with no recorded login (only `users verify-password` records logins)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l bounced -d 'Users whose address bounces, as `mail bounces` read'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l all -d 'All users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l expires -d 'Lifetime of the link: 5m to 24h, or up to 7d if all mails are invitations; by default as configured' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l unless-sent-within -d 'Skip users who were sent a link within this time; `0s` skips nobody; by default as configured (15m)' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l note -d 'Message to include in the mail, up to 1,000 characters; it may have several lines' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l search -d 'Users whose username, email address or name contains this text, ignoring case' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l role -d 'Users with this role' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l status -d 'Users who are `active` or `locked`' -r -f -a "active\t''
locked\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l sign-in -d 'Users who sign in with a `password` or with `saml`' -r -f -a "password\t''
saml\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l email-domain -d 'Users whose address is in this domain' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l password-older-than -d 'Users whose password was set longer ago than this, such as `90d`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l from -d 'Users named in a file (`-`: standard input): one per line, or CSV or JSON with `username` or `email`' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l key -d 'Name of the job: using the same name again continues that job instead of creating a second one; exit code 3 if it has finished and mails failed' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l expect -d 'Abort unless exactly N users would be mailed' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l connections -d 'Maximum number of connections; by default as configured' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l rate -d 'Maximum rate, such as `600/min` or `2000/day`; may be given several times; configured rates apply as well' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l max-failures -d 'Pause when more than this share of the mails fails, counted from 10 mails on; by default 30% for more than 50 users' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l canary -d 'Send this many first, and pause if one of them is not accepted' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l max-runtime -d 'Stop starting new mails after this time, such as `50m`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l include-bounced -d 'Also mail users whose address bounces (`users list --bounced`)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l no-password -d 'Users who sign in with a password and have none yet'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l with-password -d 'Users who have a password; with `--sign-in saml`, those who should have none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l disagrees-with-saml-domains -d 'Users who sign in otherwise than `[saml] email_domains` says for their address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l policy-outdated -d 'Users whose password was set under another policy, or imported as a hash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l never-logged-in -d 'Users with no recorded login (only `users verify-password` records logins)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l bounced -d 'Users whose address bounces, as `mail bounces` read'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l all -d 'All users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l retry-failed -d 'With `--key`: if the job has finished, retry its failed mails'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l queue-only -d 'Create the job without sending: `jobs run` sends it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l end-passwords -d 'After a breach: end the passwords and sessions of all mailed users immediately; skipped users keep theirs'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -l client -d 'IP address or name of the client host, shown by `users show` after a failed login [with --pam: PAM_RHOST]' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -l stdin -d 'Read the password from the first line of standard input'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -l pam -d 'Called by pam_exec: take the user from PAM_USER, and the password from standard input up to the NUL byte'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -l client -d 'IP address or name of the client host, shown by `users show` after a wrong old password' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -l stdin -d 'Read the old and the new password from two lines of standard input'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -l no-notify -d 'Do not notify the user by mail that the password was changed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "list" -d 'List users, by email address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a user'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "clone" -d 'Add a user with the role, language and sign-in of another user'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change users: address, name, role, sign-in, language, or whether they must change their password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "lock" -d 'Lock users, for a time or until they are unlocked'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "unlock" -d 'Unlock users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "import" -d 'Import users from CSV, NDJSON or a JSON array, all or none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "export" -d 'Export users as CSV, JSON or NDJSON'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "password" -d 'Choose how a user gets a password: by a mailed link, or set here'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "set-password" -d 'Set a user\'s password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "send-reset" -d 'Mail users a link with which they choose a password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "verify-password" -d 'Check a user\'s password, as a login system does'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "change-password" -d 'Let a user change their own password, with the old one as proof'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -f -a "list" -d 'List links, newest first: open, used, expired or revoked'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -f -a "revoke" -d 'Revoke the open links of a user, or of all users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -f -a "redeem" -d 'Set a new password with the code from a reset mail'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and not __fish_seen_subcommand_from list revoke redeem help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -l user -d 'Links of this user' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -l state -d 'Links that are `unsent`, `open`, `used`, `expired` or `revoked`' -r -f -a "unsent\t''
open\t''
used\t''
expired\t''
revoked\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -l limit -d 'Limit the number of results; without it, a table at a terminal shows 50' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -l all-rows -d 'Show all rows at a terminal too'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -l all -d 'The links of all users; asks for confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -l stdin -d 'Read the code from the first line of standard input: by itself, prefixed with `!` or `#!`, or as the whole link'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -l stdin -d 'Read the code and the new password from two lines of standard input'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -l no-notify -d 'Do not notify the user by mail that the password was changed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from redeem" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from help" -f -a "list" -d 'List links, newest first: open, used, expired or revoked'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Revoke the open links of a user, or of all users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from help" -f -a "redeem" -d 'Set a new password with the code from a reset mail'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "list" -d 'List jobs, newest first'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "show" -d 'Show a job: its progress, pace, and the replies of the relay'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "recipients" -d 'List the recipients of a job with the result for each'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "wait" -d 'Wait until a job has ended or is paused'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "run" -d 'Send what is due: queued, deferred, or in doubt after a crash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "pause" -d 'Pause a running job'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "resume" -d 'Resume a paused job'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "retry" -d 'Retry the failed mails of a job, or the deferred ones'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "cancel" -d 'Cancel a job\'s unsent mail'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "remind" -d 'Remind the users of a job who have not used their link'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "delete" -d 'Delete the records of a finished job, or all old records'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and not __fish_seen_subcommand_from list show recipients wait run pause resume retry cancel remind delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from list" -l limit -d 'Limit the number of results; without it, a table at a terminal shows 50' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from list" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from list" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from list" -l all-rows -d 'Show all rows at a terminal too'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from show" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from show" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from recipients" -l limit -d 'Limit the number of results; without it, a table at a terminal shows 50' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from recipients" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from recipients" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from recipients" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from recipients" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from recipients" -l all-rows -d 'Show all rows at a terminal too'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from recipients" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from recipients" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from recipients" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from recipients" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from wait" -l timeout -d 'Stop waiting after this time, such as `1h`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from wait" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from wait" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from wait" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from wait" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from wait" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from wait" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from wait" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -l max-runtime -d 'Stop starting new mails after this time, such as `50m`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -l metrics-file -d 'Write numbers for monitoring to this file at the end of the run, also of one that fails: for the textfile collector of node_exporter, which reads files named `*.prom`' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -l reason -d 'Reason, recorded in the audit log if a paused job is resumed or mail is tried early' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -l now -d 'Send even if the relay refused all mail or left it in doubt a short while ago, and try deferred mail now'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from pause" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from pause" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from pause" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from pause" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from pause" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from pause" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from pause" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from pause" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from resume" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from resume" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from resume" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from resume" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from resume" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from resume" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from resume" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l max-runtime -d 'Stop starting new mails after this time, such as `50m`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l deferred -d 'Retry the deferred mails now, instead of the failed ones'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l queue-only -d 'Do not send: `jobs run` does'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l revoke-links -d 'Also revoke the links that the job has sent'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l after -d 'Only users whose mail was sent at least this long ago, such as `3d`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l expires -d 'Lifetime of the link: 5m to 24h, or up to 7d if all mails are invitations; by default as configured' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l unless-sent-within -d 'Skip users who were sent a link within this time; `0s` skips nobody; by default as configured (15m)' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l note -d 'Message to include in the mail, up to 1,000 characters; it may have several lines' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l key -d 'Name of the job: using the same name again continues that job instead of creating a second one; exit code 3 if it has finished and mails failed' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l expect -d 'Abort unless exactly N users would be mailed' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l connections -d 'Maximum number of connections; by default as configured' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l rate -d 'Maximum rate, such as `600/min` or `2000/day`; may be given several times; configured rates apply as well' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l max-failures -d 'Pause when more than this share of the mails fails, counted from 10 mails on; by default 30% for more than 50 users' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l canary -d 'Send this many first, and pause if one of them is not accepted' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l max-runtime -d 'Stop starting new mails after this time, such as `50m`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l include-bounced -d 'Also mail users whose address bounces (`users list --bounced`)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l retry-failed -d 'With `--key`: if the job has finished, retry its failed mails'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l queue-only -d 'Create the job without sending: `jobs run` sends it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l older-than -d 'Records that ended longer ago than this, such as `365d`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "list" -d 'List jobs, newest first'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a job: its progress, pace, and the replies of the relay'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "recipients" -d 'List the recipients of a job with the result for each'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "wait" -d 'Wait until a job has ended or is paused'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "run" -d 'Send what is due: queued, deferred, or in doubt after a crash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "pause" -d 'Pause a running job'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "resume" -d 'Resume a paused job'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "retry" -d 'Retry the failed mails of a job, or the deferred ones'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "cancel" -d 'Cancel a job\'s unsent mail'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "remind" -d 'Remind the users of a job who have not used their link'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete the records of a finished job, or all old records'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -f -a "list" -d 'List roles and their permissions'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -f -a "show" -d 'Show a role: its permissions, and who has it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -f -a "add" -d 'Add a role'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -f -a "edit" -d 'Change a role: its permissions, name or description'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -f -a "clone" -d 'Add a role with the permissions of another one'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -f -a "delete" -d 'Delete a role; its users and operators get another one'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -f -a "permissions" -d 'List all permissions: what each allows, and which others it requires'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and not __fish_seen_subcommand_from list show add edit clone delete permissions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from list" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from list" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from show" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from show" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -l allow -d 'Permissions that the role allows, separated by commas; `roles permissions` lists them' -r -f -a "(__fish_append , view-users add-users edit-users delete-users lock-users set-passwords send-resets run-bulk-jobs redeem verify-passwords manage-roles manage-operators export-hashes override-policy view-audit back-up-store manage-store)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -l description -d 'What the role is for' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -l allow -d 'Permissions to allow besides, separated by commas; `roles permissions` lists them' -r -f -a "(__fish_append , view-users add-users edit-users delete-users lock-users set-passwords send-resets run-bulk-jobs redeem verify-passwords manage-roles manage-operators export-hashes override-policy view-audit back-up-store manage-store)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -l deny -d 'Permissions to allow no more, separated by commas' -r -f -a "(__fish_append , view-users add-users edit-users delete-users lock-users set-passwords send-resets run-bulk-jobs redeem verify-passwords manage-roles manage-operators export-hashes override-policy view-audit back-up-store manage-store)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -l rename -d 'New name' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -l description -d 'What the role is for; empty: no description' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -l description -d 'What the new role is for; without it, as the copied role says' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -l move-to -d 'Role that its users and operators get; without it, Minimal Permissions' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from permissions" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from permissions" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from permissions" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from permissions" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from permissions" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from permissions" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from permissions" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from permissions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from help" -f -a "list" -d 'List roles and their permissions'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a role: its permissions, and who has it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a role'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change a role: its permissions, name or description'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from help" -f -a "clone" -d 'Add a role with the permissions of another one'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete a role; its users and operators get another one'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from help" -f -a "permissions" -d 'List all permissions: what each allows, and which others it requires'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -f -a "list" -d 'List operators and their roles'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -f -a "add" -d 'Make an OS account an operator'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -f -a "edit" -d 'Change an operator: the role, the limits, or the kind'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -f -a "disable" -d 'Disable an operator, who keeps role and limits'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -f -a "enable" -d 'Enable an operator who was disabled'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -f -a "remove" -d 'Remove an operator; the OS account stays'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and not __fish_seen_subcommand_from list add edit disable enable remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from list" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from list" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -l role -d 'Role: what the operator is allowed to do' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -l only-role -d 'Only act on users with this role; can be repeated' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -l only-domain -d 'Only act on users whose email address is in this domain; can be repeated' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -l service -d 'The account is a service (a timer, a login system), not a person'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -l role -d 'New role' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -l only-role -d 'Only act on users with this role; can be repeated' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -l only-domain -d 'Only act on users whose email address is in this domain; can be repeated' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -l any-role -d 'Act on users with any role'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -l any-domain -d 'Act on users in any email domain'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -l service -d 'The account is a service (a timer, a login system)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -l person -d 'The account is a person'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from enable" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from enable" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from enable" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from enable" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from enable" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from enable" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from enable" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from enable" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from enable" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from enable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from remove" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from remove" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from remove" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from remove" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from remove" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from remove" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from remove" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from help" -f -a "list" -d 'List operators and their roles'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from help" -f -a "add" -d 'Make an OS account an operator'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change an operator: the role, the limits, or the kind'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from help" -f -a "disable" -d 'Disable an operator, who keeps role and limits'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from help" -f -a "enable" -d 'Enable an operator who was disabled'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove an operator; the OS account stays'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -f -a "show" -d 'Show the organization\'s password requirements in plain words'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -f -a "check" -d 'Check a password against the requirements, without setting it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -f -a "blocklist" -d 'Lists of refused passwords, such as leaked ones, as compact files'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and not __fish_seen_subcommand_from show check blocklist help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from show" -l user -d 'User whose requirements are shown: exact username or email address' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from show" -l locale -d 'Language, such as `en` or `de`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from show" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from show" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from check" -l user -d 'User whose name and address are checked against the password' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from check" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from check" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from check" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from check" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from check" -l stdin -d 'Read the password from the first line of standard input'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from check" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -f -a "build" -d 'Build a blocklist file of published lists'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -f -a "info" -d 'Show what a blocklist file has'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -f -a "check" -d 'Check whether a password is on a blocklist file'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the organization\'s password requirements in plain words'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check a password against the requirements, without setting it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "blocklist" -d 'Lists of refused passwords, such as leaked ones, as compact files'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -f -a "list" -d 'List events, newest first'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -f -a "show" -d 'Show an event with all of its details'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -f -a "verify" -d 'Check that no event was changed, deleted or inserted'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -f -a "head" -d 'Print the hash of the newest event, to be kept elsewhere'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -f -a "export" -d 'Export events, oldest first, for collectors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -f -a "archive" -d 'Move old events out of the store into a file'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and not __fish_seen_subcommand_from list show verify head export archive help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -l user -d 'Events about this user; for a deleted user, the number in `user_id`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -l action -d 'Events of this command and its variants, such as `users set-password`' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -l operator -d 'Events of this OS account, by name or number' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -l outcome -d 'Events with this outcome' -r -f -a "done\t''
refused\t''"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -l since -d 'Events since a date (midnight) or a time, such as `2026-11-01T08:00`; `7d`: of the last 7 days' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -l until -d 'Events until a date or a time; `1h`: until an hour ago' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -l limit -d 'Limit the number of results; without it, a table at a terminal shows 50' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -l all-rows -d 'Show all rows at a terminal too'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from show" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from show" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from show" -l changes -d 'Show only the user changes of the event, one per row'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from verify" -l head -d 'A hash that `audit head` printed earlier' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from verify" -l archive -d 'Files that `audit archive` wrote, all of them: check the whole chain from its first event' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from verify" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from verify" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from verify" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from verify" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from verify" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from head" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from head" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from head" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from head" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from head" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from head" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from head" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from head" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -l since -d 'Begin with the first event since a date or a time; `7d`: of the last 7 days' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -l after -d 'Begin behind the event with this number' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -l hash -d 'Hash of that event: refuse if the store has another one under its number' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -l follow -d 'Continue with new events as they happen, as NDJSON'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -l before -d 'Events before a date or a time; `365d`: those older than 365 days' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -l out -d 'New file' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from archive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "list" -d 'List events, newest first'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show an event with all of its details'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check that no event was changed, deleted or inserted'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "head" -d 'Print the hash of the newest event, to be kept elsewhere'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "export" -d 'Export events, oldest first, for collectors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "archive" -d 'Move old events out of the store into a file'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -f -a "test" -d 'Send one test mail'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -f -a "preview" -d 'Show a mail as users get it, with a code that does not work'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -f -a "queue" -d 'List the waiting mails, oldest first, or cancel one'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -f -a "bounces" -d 'Read delivery reports and mark mails and addresses that bounced'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and not __fish_seen_subcommand_from test preview queue bounces help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from test" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from test" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from test" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from test" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from test" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from test" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from test" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -l user -d 'Show it as this user would get it' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -l locale -d 'Language, such as `en` or `de`; by default the user\'s' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -l note -d 'Message from the administrator in the mail; it may have several lines' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -l out -d 'Write the HTML part to this new file' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -l cancel -d 'Cancel the message with this number' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -l limit -d 'Limit the number of results; without it, a table at a terminal shows 50' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -l all-rows -d 'Show all rows at a terminal too'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from queue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from bounces" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from bounces" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from bounces" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from bounces" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from bounces" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from bounces" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from bounces" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from bounces" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from bounces" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from bounces" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from help" -f -a "test" -d 'Send one test mail'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from help" -f -a "preview" -d 'Show a mail as users get it, with a code that does not work'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from help" -f -a "queue" -d 'List the waiting mails, oldest first, or cancel one'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from help" -f -a "bounces" -d 'Read delivery reports and mark mails and addresses that bounced'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -f -a "check" -d 'Check the store: modes, file system, schema, integrity, references, rows, addresses, audit log, clock, times and reset key'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -f -a "backup" -d 'Back up the store while it is in use'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -f -a "restore" -d 'Replace the store with a backup'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -f -a "migrate" -d 'Upgrade the store to the current schema'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and not __fish_seen_subcommand_from check backup restore migrate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -l repair-times -d 'Reset times that were written while the clock was ahead'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -l directory -d 'Directory in which to create a file that is named after the time' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -l keep -d 'Delete earlier backups of this store there, so that N remain, the new one included' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -l latest -d 'Restore the newest backup that `store backup --directory` created in this directory' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -s y -l yes -d 'Skip confirmation'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from migrate" -l backup -d 'Backup to create first; by default the store\'s name with the old version added' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from migrate" -l reason -d 'Reason, recorded in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from migrate" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from migrate" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from migrate" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from migrate" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from migrate" -s n -l dry-run -d 'Show what would be done without doing it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from migrate" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from migrate" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from migrate" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from migrate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check the store: modes, file system, schema, integrity, references, rows, addresses, audit log, clock, times and reset key'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "backup" -d 'Back up the store while it is in use'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Replace the store with a backup'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "migrate" -d 'Upgrade the store to the current schema'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -l head -d 'A hash that `audit head` printed earlier, which must be in the audit log' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -l send-to -d 'Also send a test mail to this address' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -l reason -d 'Reason, recorded in the audit log with the test mail' -r -f -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -l strict -d 'Treat warnings as failures'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand metrics" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand metrics" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand metrics" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand metrics" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand metrics" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand metrics" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand metrics" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand metrics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand whoami" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand whoami" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand whoami" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand whoami" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand whoami" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand whoami" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand whoami" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand whoami" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand completions" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand completions" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand completions" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand completions" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand completions" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand completions" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand completions" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and not __fish_seen_subcommand_from show help" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and not __fish_seen_subcommand_from show help" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and not __fish_seen_subcommand_from show help" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and not __fish_seen_subcommand_from show help" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and not __fish_seen_subcommand_from show help" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and not __fish_seen_subcommand_from show help" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and not __fish_seen_subcommand_from show help" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and not __fish_seen_subcommand_from show help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and not __fish_seen_subcommand_from show help" -f -a "show" -d 'Show the files and settings in force, and where each comes from'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and not __fish_seen_subcommand_from show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and __fish_seen_subcommand_from show" -s c -l config -d 'Configuration file [env: CXME_ADMIN_CONFIG]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and __fish_seen_subcommand_from show" -l store -d 'Store file, instead of the configured one [env: CXME_ADMIN_STORE]' -r -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format' -r -f -a "table\t'For people'
json\t'One JSON document'
ndjson\t'One JSON object per line'
csv\t'RFC 4180'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never [env: NO_COLOR]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Always'
never\t'Never'"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Suppress messages; print only data and errors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Print messages even without a terminal'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail if input is needed'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the files and settings in force, and where each comes from'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "demo" -d 'Show the program at work on a sample organization'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "init" -d 'Create the configuration, store and reset key if they are missing'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "users" -d 'Users, their passwords and their locks'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "resets" -d 'Links with which users choose a password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "jobs" -d 'Bulk sends and the outbox'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "roles" -d 'Roles and their permissions'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "operators" -d 'Operators: the OS accounts that may use this tool'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "policy" -d 'The organization\'s password requirements'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "audit" -d 'The audit log: every action, in a chain of hashes'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "mail" -d 'Test the relay, preview mails, list waiting mails, read delivery reports'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "store" -d 'The store'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "doctor" -d 'Check the whole installation, and name what is wrong'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "metrics" -d 'Print numbers for monitoring, in the text format of Prometheus'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "whoami" -d 'Show the account, role, permissions and store that commands use here'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "completions" -d 'Print the completion script for a shell'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "config" -d 'The configuration'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and not __fish_seen_subcommand_from demo init users resets jobs roles operators policy audit mail store doctor metrics whoami completions config help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "list" -d 'List users, by email address'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "show" -d 'Show users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "add" -d 'Add a user'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "clone" -d 'Add a user with the role, language and sign-in of another user'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "edit" -d 'Change users: address, name, role, sign-in, language, or whether they must change their password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "delete" -d 'Delete users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "lock" -d 'Lock users, for a time or until they are unlocked'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "unlock" -d 'Unlock users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "import" -d 'Import users from CSV, NDJSON or a JSON array, all or none'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "export" -d 'Export users as CSV, JSON or NDJSON'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "password" -d 'Choose how a user gets a password: by a mailed link, or set here'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "set-password" -d 'Set a user\'s password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "send-reset" -d 'Mail users a link with which they choose a password'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "verify-password" -d 'Check a user\'s password, as a login system does'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from users" -f -a "change-password" -d 'Let a user change their own password, with the old one as proof'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from resets" -f -a "list" -d 'List links, newest first: open, used, expired or revoked'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from resets" -f -a "revoke" -d 'Revoke the open links of a user, or of all users'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from resets" -f -a "redeem" -d 'Set a new password with the code from a reset mail'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "list" -d 'List jobs, newest first'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "show" -d 'Show a job: its progress, pace, and the replies of the relay'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "recipients" -d 'List the recipients of a job with the result for each'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "wait" -d 'Wait until a job has ended or is paused'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "run" -d 'Send what is due: queued, deferred, or in doubt after a crash'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "pause" -d 'Pause a running job'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "resume" -d 'Resume a paused job'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "retry" -d 'Retry the failed mails of a job, or the deferred ones'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "cancel" -d 'Cancel a job\'s unsent mail'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "remind" -d 'Remind the users of a job who have not used their link'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from jobs" -f -a "delete" -d 'Delete the records of a finished job, or all old records'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from roles" -f -a "list" -d 'List roles and their permissions'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from roles" -f -a "show" -d 'Show a role: its permissions, and who has it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from roles" -f -a "add" -d 'Add a role'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from roles" -f -a "edit" -d 'Change a role: its permissions, name or description'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from roles" -f -a "clone" -d 'Add a role with the permissions of another one'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from roles" -f -a "delete" -d 'Delete a role; its users and operators get another one'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from roles" -f -a "permissions" -d 'List all permissions: what each allows, and which others it requires'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from operators" -f -a "list" -d 'List operators and their roles'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from operators" -f -a "add" -d 'Make an OS account an operator'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from operators" -f -a "edit" -d 'Change an operator: the role, the limits, or the kind'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from operators" -f -a "disable" -d 'Disable an operator, who keeps role and limits'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from operators" -f -a "enable" -d 'Enable an operator who was disabled'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from operators" -f -a "remove" -d 'Remove an operator; the OS account stays'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "show" -d 'Show the organization\'s password requirements in plain words'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "check" -d 'Check a password against the requirements, without setting it'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "blocklist" -d 'Lists of refused passwords, such as leaked ones, as compact files'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "list" -d 'List events, newest first'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "show" -d 'Show an event with all of its details'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "verify" -d 'Check that no event was changed, deleted or inserted'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "head" -d 'Print the hash of the newest event, to be kept elsewhere'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "export" -d 'Export events, oldest first, for collectors'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "archive" -d 'Move old events out of the store into a file'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from mail" -f -a "test" -d 'Send one test mail'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from mail" -f -a "preview" -d 'Show a mail as users get it, with a code that does not work'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from mail" -f -a "queue" -d 'List the waiting mails, oldest first, or cancel one'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from mail" -f -a "bounces" -d 'Read delivery reports and mark mails and addresses that bounced'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "check" -d 'Check the store: modes, file system, schema, integrity, references, rows, addresses, audit log, clock, times and reset key'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "backup" -d 'Back up the store while it is in use'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "restore" -d 'Replace the store with a backup'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "migrate" -d 'Upgrade the store to the current schema'
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Show the files and settings in force, and where each comes from'
# Files only where one is meant, and the values of arguments.
complete -c cxme-admin -f
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand audit; and __fish_seen_subcommand_from show" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand completions" -a "bash elvish fish powershell zsh"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand demo" -a "(__fish_complete_directories)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from cancel" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from delete" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from pause" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from recipients" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from remind" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from resume" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from retry" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from run" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from show" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand jobs; and __fish_seen_subcommand_from wait" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from bounces" -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from preview" -a "reset forced-reset invitation notice address-notice test"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand mail; and __fish_seen_subcommand_from test" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from add" -a "(__fish_complete_users)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from disable" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from edit" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from enable" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand operators; and __fish_seen_subcommand_from remove" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand policy; and __fish_seen_subcommand_from blocklist" -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand resets; and __fish_seen_subcommand_from revoke" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from add" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from clone" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from delete" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from edit" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand roles; and __fish_seen_subcommand_from show" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from backup" -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand store; and __fish_seen_subcommand_from restore" -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from add" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from change-password" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from clone" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from delete" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from edit" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from import" -F
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from lock" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from password" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from send-reset" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from set-password" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from show" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from unlock" -a "(__fish_cxme_admin_values)"
complete -c cxme-admin -n "__fish_cxme_admin_using_subcommand users; and __fish_seen_subcommand_from verify-password" -a "(__fish_cxme_admin_values)"
