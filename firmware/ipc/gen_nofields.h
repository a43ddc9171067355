/* gen_nofields.h: fields that leave nothing behind; for passes that only need the messages' names. */
#define U8(f)
#define U16(f)
#define U32(f)
#define U64(f)
#define I64(f)
#define STR(f, size)
#define BLOB(f, max)
#define END(name)
