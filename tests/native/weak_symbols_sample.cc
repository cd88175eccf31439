// What weak_symbols.sh has to find: an inline function that belongs to no instruction set, as a standard header would bring in.
inline __attribute__((noinline)) int stranger(int value) { return value + 1; }
int sample(int value);
int sample(int value) { return stranger(value); }
