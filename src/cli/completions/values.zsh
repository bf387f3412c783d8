
# The values that only the store knows: users, roles, operators, jobs. Where the program is not there, or may not read the store,
# there are none. With `zstyle ':completion:*' gain-privileges yes`, zsh itself asks by sudo behind sudo.
(( $+functions[_cxme-admin_values] )) ||
_cxme-admin_values() {
    (( $+commands[cxme-admin] )) || return 1
    local line
    local -a lines values shown expl
    lines=("${(@f)$(_call_program -p values cxme-admin __complete zsh "''" "${(@q)_cxme_admin_words}" </dev/null 2>/dev/null)}")
    for line in "${(@)lines}"; do
        [[ -n "$line" ]] || continue
        values+=("${line%%$'\t'*}")
        shown+=("${${line%$'\t'}/$'\t'/  -- }")
    done
    (( $#values )) || return 1
    _wanted values expl value compadd -l -d shown -a values
}
