
# Bash ends a word at a colon. The parts of hugetlb:2M are put together again for _memreg; what stands before the colon is
# left out of the answers, as the line has it already.
_memreg_with_colons() {
    local -a joined=()
    local -i index place=0
    for ((index = 0; index < ${#COMP_WORDS[@]}; index++)); do
        if ((index > 1)) && [[ ${COMP_WORDS[index]} == :* || ${joined[-1]} == *: ]]; then
            joined[-1]+=${COMP_WORDS[index]}
        else
            joined+=("${COMP_WORDS[index]}")
        fi
        ((index == COMP_CWORD)) && place=$((${#joined[@]} - 1))
    done
    local -r typed=${joined[place]}
    if ((place > 0)) && [[ $typed == *:* ]]; then
        local -a COMP_WORDS=("${joined[@]}")
        local -i COMP_CWORD=$place
        _memreg "$1" "$typed" "${joined[place - 1]}"
        COMPREPLY=("${COMPREPLY[@]#"${typed%"${typed##*:}"}"}")
    else
        _memreg "$@"
    fi
    # A colon in the name of a file would get a backslash, which is no part of a value.
    [[ ${COMPREPLY[*]} == *:* ]] && compopt +o filenames
    return 0
}
complete -o filenames -F _memreg_with_colons memreg
