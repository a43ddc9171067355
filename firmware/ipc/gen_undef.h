/* gen_undef.h: forgets the meaning of the list's words between two passes. */
#undef MSG
#undef U8
#undef U16
#undef U32
#undef U64
#undef I64
#undef STR
#undef BLOB
#undef END
