
# The values that only the store knows: users, roles, operators, jobs. Where the program is not there, or may not read the store,
# there are none.
_cxme_admin_with_values() {
    _cxme_admin "$@"
    # What the function above knows nothing about it leaves as it is typed.
    [[ ${#COMPREPLY[@]} -eq 0 || ( ${#COMPREPLY[@]} -eq 1 && ( "${COMPREPLY[0]}" == "$2" || -z "${COMPREPLY[0]}" ) ) ]] || return 0
    [[ "$2" != -* || "$2" == *=* ]] || return 0
    type -P cxme-admin >/dev/null || return 0
    # bash divides words at `=`, `:` and `@` too: what stands without a blank between is one word.
    local rest="${COMP_LINE:0:COMP_POINT}" word values value i
    local -a words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if [[ $i -eq 0 || "$rest" == [[:space:]]* ]]; then
            words+=("")
        fi
        rest="${rest#"${rest%%[![:space:]]*}"}"
        word="${COMP_WORDS[i]}"
        [[ $i -lt $COMP_CWORD ]] || word="$rest"
        words[${#words[@]}-1]+="$word"
        rest="${rest#"$word"}"
    done
    values="$(command cxme-admin __complete bash "$2" "${words[@]}" </dev/null 2>/dev/null)"
    [[ -n "$values" ]] || return 0
    COMPREPLY=()
    while IFS= read -r value; do
        COMPREPLY+=("$value")
    done <<< "$values"
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        compopt +o nospace +o default
    fi
    return 0
}
