#include "quant_models/data/tar_archive.hpp"

#include <algorithm>
#include <cstring>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr size_t kBlock = 512;

std::string text(std::span<const uint8_t> field) {
  const auto end = std::find(field.begin(), field.end(), 0);
  return {field.begin(), end};
}

// Octal digits, spaces around them; -1 when it is something else.
int64_t octal(std::span<const uint8_t> field) {
  int64_t value = 0;
  bool digits = false;
  for (const uint8_t c : field) {
    if (c >= '0' && c <= '7') {
      value = value * 8 + (c - '0');
      digits = true;
    } else if (c == 0 || c == ' ') {
      if (digits) break;
    } else {
      return -1;
    }
  }
  return digits ? value : -1;
}

// The sum of all bytes of the header, its own field counted as spaces.
bool checksum_fits(std::span<const uint8_t> header) {
  int64_t sum = 0;
  for (size_t i = 0; i < kBlock; ++i) sum += i >= 148 && i < 156 ? ' ' : header[i];
  return octal(header.subspan(148, 8)) == sum;
}

std::string entry_name(std::span<const uint8_t> header) {
  const std::string name = text(header.subspan(0, 100));
  if (std::memcmp(&header[257], "ustar\0", 6) != 0) return name;
  const std::string prefix = text(header.subspan(345, 155));
  return prefix.empty() ? name : prefix + "/" + name;
}

}  // namespace

std::map<std::string, std::span<const uint8_t>> read_tar(std::span<const uint8_t> archive, const std::string& name) {
  std::map<std::string, std::span<const uint8_t>> files;
  std::string long_name;
  for (size_t at = 0;;) {
    if (at + kBlock > archive.size()) throw ModelError(name + ": the tar archive ends early; copy it again");
    const auto header = archive.subspan(at, kBlock);
    if (std::all_of(header.begin(), header.end(), [](uint8_t b) { return b == 0; })) return files;
    const int64_t size = octal(header.subspan(124, 12));
    if (size < 0 || !checksum_fits(header)) throw ModelError(name + ": is no tar archive, or damaged; copy it again");
    at += kBlock;
    if (static_cast<uint64_t>(size) > archive.size() - at)
      throw ModelError(name + ": the tar archive ends early; copy it again");
    const auto content = archive.subspan(at, static_cast<size_t>(size));
    const uint8_t type = header[156];
    if (type == 'L') {
      long_name = text(content);
    } else {
      std::string entry = long_name.empty() ? entry_name(header) : long_name;
      long_name.clear();
      if (entry.starts_with("./")) entry.erase(0, 2);
      if (type == '0' || type == 0) files[entry] = content;
    }
    at += (static_cast<size_t>(size) + kBlock - 1) / kBlock * kBlock;
  }
}

}  // namespace flashcell::quant
