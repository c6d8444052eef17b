# shellcheck shell=bash
# How the test scripts say what they check: one sentence a behaviour, one line of output each. Sourced.
#
#   it 'keeps the archive to its owner' archive_is_private
#   finish
#
# Each function runs in a subshell with 'set -e': the first command of it that fails is the behaviour's failure, and
# the next behaviour is checked all the same. The expect_ functions say what was wrong.

CHECKED=0
FAILED=0

# it SENTENCE FUNCTION [ARGUMENT]...; with ONLY set, only where the sentence matches that regular expression.
it() {
    if [[ ! $1 =~ ${ONLY:-} ]]; then return; fi
    local sentence=$1 started=${EPOCHREALTIME/./} status took
    shift
    # Not part of an 'if' or '||': there, bash would ignore errors in the whole subshell.
    set +e
    (
        set -Eeuo pipefail
        trap '_where "$BASH_COMMAND"' ERR
        "$@"
    )
    status=$?
    set -e
    took=$(((${EPOCHREALTIME/./} - started) / 100000))
    CHECKED=$((CHECKED + 1))
    if ((status == 0)); then
        printf 'ok    %s (%d.%d s)\n' "$sentence" $((took / 10)) $((took % 10))
    else
        FAILED=$((FAILED + 1))
        printf 'FAIL  %s\n' "$sentence"
    fi
}

_where() {
    printf '      %s:%s: %s\n' "${BASH_SOURCE[1]##*/}" "${BASH_LINENO[0]}" "$1" >&2
    trap - ERR
}

# The last line of a test script: its exit code says whether all behaviours were as specified.
finish() {
    if ((FAILED)); then
        printf '%d of %d failed\n' "$FAILED" "$CHECKED"
        exit 1
    fi
    printf 'all %d as specified\n' "$CHECKED"
}

# fail MESSAGE...: the behaviour is not as specified.
fail() {
    printf '%s\n' "$@" | sed 's/^/      /' >&2
    trap - ERR
    exit 1
}

expect_equal() { # WHAT EXPECTED ACTUAL
    if [[ $3 != "$2" ]]; then
        fail "$1 is not as expected:" "$(diff --label expected --label actual -U2 <(printf '%s\n' "$2") \
            <(printf '%s\n' "$3") || true)"
    fi
}

expect_contains() { # WHAT PART WHOLE
    if [[ $3 != *"$2"* ]]; then fail "$1 does not contain '$2':" "$3"; fi
}

expect_lacks() { # WHAT PART WHOLE
    if [[ $3 == *"$2"* ]]; then fail "$1 contains '$2':" "$3"; fi
}

expect_exists() { if [[ ! -e $1 ]]; then fail "there is no $1"; fi; }
expect_absent() { if [[ -e $1 || -L $1 ]]; then fail "there is a $1"; fi; }

expect_fails() { # COMMAND...
    if "$@" >/dev/null 2>&1; then fail "this should fail: $*"; fi
}
