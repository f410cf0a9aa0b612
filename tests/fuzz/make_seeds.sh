#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes the seed corpus of fuzz_table to the folder named: each seed is a choice byte and a file.
# Bytes are octal, so that any POSIX printf writes them.
set -eu
to=$1
mkdir -p "$to"
seed() { printf "$2" >"$to/$1"; }

seed plain      '\000id,arm,os\n1,RT,12.5\n2,IO,3\n'
seed crlf       '\000a;b\r\n1;2,5\r\n\r\n;\r\n3;x\r\n'
seed cr         '\000a\tb\r1\t2\r3\t4'
seed quotes     '\000a,"b"\n"1,2","say ""yes"""\n"two\r\nlines",5" tube\n'
seed open_quote '\000a,b\n1,"2\n3,4\n'
seed ragged     '\000a,b,c\n1,2\n1,2,3,4\n,,\n7,8,9\n'
seed missing    '\000x,d\nNA,2023-05-01\n.,2023/5/1\n-,2023-02-30\n4o,45047\n'
seed blanks     '\000 a ,"\302\2401 "\n\343\200\2003\343\200\200, 4 \n'
seed utf8_bom   '\000\357\273\277\347\274\226,\345\220\215\n1,\345\274\240\n'
seed gb18030    '\000\261\340,\303\373\n1,\325\305\2222\2226\n'
seed utf16le    '\000\377\376a\000,\000b\000\n\0001\000,\000\000N\n\000'
seed utf16be    '\000\000a\000\n\0001\000\n'
seed latin1     '\000a,b\n1,Andr\351\n2,Jos\351\n'
seed forced     '\044a,b\n1,\261\340\n'
seed big5       '\052a,b\n1,\244\244\n'
seed short      '\200a,b\n1,2\n1,234567890123456789012345678901234567890123456789012345678901234\n'
seed zip        '\000PK\003\004\024\000\006\000'
seed numbers    '\000a\n1e400\n0x1p4\n-0\nnan\n123456789012345678901234567890\n1e-5\n'
