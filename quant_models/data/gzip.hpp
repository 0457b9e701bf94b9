#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace flashcell::quant {

/// What a gzip file may unpack to, bytes: a megabyte can hold a gigabyte of zeros.
constexpr uint64_t kMostUnpacked = uint64_t{1} << 30;

/// The bytes as they are, or unpacked when they are a gzip file, all its members one after the other (RFC 1952).
/// `name` stands in messages. Throws ModelError on a damaged or truncated gzip file and on one that unpacks to more
/// than `limit` bytes.
std::vector<uint8_t> gunzip(std::vector<uint8_t> bytes, const std::string& name, uint64_t limit = kMostUnpacked);

}  // namespace flashcell::quant
