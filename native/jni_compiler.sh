#!/usr/bin/env bash
# The compiler that JavaCPP calls for its glue. JavaCPP writes the functions of a class, and the table of its members, in the order in
# which the JVM lists its methods, which differs from run to run; sorted, they give the same library, bit for bit.
set -euo pipefail
for argument in "$@"; do
  [[ $argument == *.cpp ]] && command -v perl >/dev/null || continue
  perl -0pi -e '
    s/((?:^JNIEXPORT [^\n]* JNICALL Java_[^\n]*\{\n.*?^\}\n\s*)+)/join("", sort split(m{(?=^JNIEXPORT )}m, $1))/gmse;
    my $names = s/(\{ "sizeof", )("[^}\n]*")( \})/$1 . join(", ", sort split(m{, }, $2)) . $3/ge;
    my $offsets = s/(\{ sizeof\(\w+\), )(offsetof[^}\n]*\))( \})/$1 . join(", ", sort split(m{(?<=\)), }, $2)) . $3/ge;
    die "$ARGV: $names rows of member names, but $offsets rows of offsets\n" if $names != $offsets;' "$argument"
done
exec "${CXX:-g++}" "$@"
