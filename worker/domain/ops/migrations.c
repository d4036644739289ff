/* migrations.c -- embeds the scripts of migrations.def, by the assembler. See migrations.h. */
#include "migrations.h"

#include <stddef.h>

#define TAKE_IN(symbol, file) \
	__asm__(".pushsection .rodata\n" symbol ":\n.incbin \"sql/" file "\"\n.byte 0\n.popsection\n");
#define X(version, name) \
	TAKE_IN("sql_up_" #version, #version "_" #name ".up.sql") \
	TAKE_IN("sql_down_" #version, #version "_" #name ".down.sql") \
	extern const char sql_up_##version[], sql_down_##version[];
#include "migrations.def"
#undef X

/* Versions are written 0012 but are no octal numbers. */
#define X(version, name) { 1##version - 10000, #name, sql_up_##version, sql_down_##version },
const struct migration migrations[] = {
#include "migrations.def"
	{ 0 }
};
#undef X
