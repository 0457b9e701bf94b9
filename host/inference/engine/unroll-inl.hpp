// Loops whose indices are constants from the start, so that arrays of vectors live in registers: g++ 12 unrolls plain
// ones too late for that. Included once by each file, inside its namespace; needs <utility>.

#define FLASHCELL_INLINE __attribute__((always_inline))

template <class Work, int... kIndices>
inline FLASHCELL_INLINE void unroll(std::integer_sequence<int, kIndices...>, Work& work) {
  (work(std::integral_constant<int, kIndices>()), ...);
}

/// work(0), ..., work(kCount - 1), constants each: unroll<3>([&](auto i) FLASHCELL_INLINE { ... }).
template <int kCount, class Work>
inline FLASHCELL_INLINE void unroll(Work work) {
  unroll(std::make_integer_sequence<int, kCount>(), work);
}
