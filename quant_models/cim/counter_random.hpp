#pragma once
#include <cstdint>
#include <span>

namespace flashcell::quant::cim {

/// Philox2x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. 64 random bits
/// for each counter and key: low word first.
uint64_t philox(uint64_t counter, uint32_t key);

/// Numbers of a normal law, mean 0 and variance 1 (Box and Muller; none is beyond 5.77): numbers[i] belongs to the
/// place `first + i` of a stream, whoever asks for it and with whatever others. Streams of other keys are independent.
/// The same bytes on every machine. `first` must be even.
void normals(uint32_t key, uint64_t first, std::span<float> numbers);

/// Uniform in [-1, 1), in the same manner.
void uniforms(uint32_t key, uint64_t first, std::span<float> numbers);

/// The key of one of a seed's streams: other numbers of streams have other keys.
uint32_t stream_key(uint64_t seed, uint32_t stream);

}  // namespace flashcell::quant::cim
