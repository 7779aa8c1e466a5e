#!/bin/sh
# Makes the C file with the page's bytes in it: struct asset assets[] of server/http/reply/assets.h.
#
#   embed.sh DIRECTORY PATH=FILE...     e.g.  embed.sh build /=static/index.html
#
# Writes DIRECTORY/assets.c and, in DIRECTORY/assets/, a copy of each file and its gzip. The
# assembler takes the copies in (.incbin), so bytes, lengths and ETags are always of one moment;
# the C compiler never sees a megabyte of numbers. The same files give the same assets.c.
set -eu

directory=$1
shift
copies=$directory/assets
rm -rf "$copies"
mkdir -p "$copies"

content_type() {
    case $1 in
    *.html) echo 'text/html; charset=utf-8' ;;
    *.css) echo 'text/css; charset=utf-8' ;;
    *.js) echo 'text/javascript; charset=utf-8' ;;
    *.svg) echo 'image/svg+xml' ;;
    *.png) echo 'image/png' ;;
    *.ico) echo 'image/x-icon' ;;
    *)
        echo "embed.sh: $1: expected .html, .css, .js, .svg, .png or .ico" >&2
        exit 1
        ;;
    esac
}

size() {
    wc -c <"$1" | tr -d ' '
}

# One file's bytes as a symbol of this translation unit.
incbin() {
    cat <<END
__asm__(".section .rodata\n.balign 16\n$1:\n.incbin \"$2\"\n.byte 0\n.previous\n");
extern const unsigned char $1[] __attribute__((visibility("hidden")));
END
}

# gzip is kept when it saves a tenth; a request of one packet gains nothing.
worth_it() {
    [ "$(size "$1")" -ge 1024 ] && [ $(($(size "$2") * 10)) -le $(($(size "$1") * 9)) ]
}

number=0
symbols=''
table=''
newline='
'
for item; do
    path=${item%%=*}
    file=${item#*=}
    case $path$file in
    *[!A-Za-z0-9._/-]*)
        echo "embed.sh: $item: names are made of letters, digits and . _ - /" >&2
        exit 1
        ;;
    esac
    name=asset_$number
    copy=$copies/$number
    number=$((number + 1))
    type=$(content_type "$file")
    cp "$file" "$copy"
    gzip -9 -n -c "$copy" >"$copy.gz"
    etag=$(sha256sum <"$copy" | cut -c 1-32)
    symbols="$symbols$(incbin "$name" "$copy")$newline"
    compressed='NULL, 0'
    if worth_it "$copy" "$copy.gz"; then
        symbols="$symbols$(incbin "${name}_gzip" "$copy.gz")$newline"
        compressed="${name}_gzip, $(size "$copy.gz")"
    fi
    table="$table    {\"$path\", \"$type\", \"\\\"$etag\\\"\", "
    table="$table$name, $(size "$copy"), $compressed},$newline"
done

cat >"$directory/assets.c.part" <<END
/* The files of the page, made by server/http/reply/embed.sh. */
#include "server/http/reply/assets.h"

$symbols
const struct asset assets[] = {
$table    {NULL, NULL, NULL, NULL, 0, NULL, 0},
};
END
mv "$directory/assets.c.part" "$directory/assets.c"
