
# The values that only the store knows: users, roles, operators, jobs. Where the program is not there, or may not read the store,
# there are none.
function __fish_cxme_admin_values
    command -sq cxme-admin
    or return
    command cxme-admin __complete fish '' (commandline -opc) (commandline -ct) </dev/null 2>/dev/null
end

