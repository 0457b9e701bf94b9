#include "host/source/image_files.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "host/source/file_names.hpp"
#include "host/source/little_endian.hpp"
#include "host/source/mapped_file.hpp"

namespace flashcell::host {
namespace {

using Bytes = std::span<const uint8_t>;

template <size_t kSize>
bool contains(Bytes bytes, const std::array<uint8_t, kSize>& wanted) {
  return std::search(bytes.begin(), bytes.end(), wanted.begin(), wanted.end()) != bytes.end();
}

/// Number of `size` bytes in the file's own byte order.
std::optional<uint32_t> tiff_number(Bytes file, uint64_t offset, int size, bool big_endian) {
  if (offset > file.size() || file.size() - offset < static_cast<uint64_t>(size)) return {};
  uint32_t value = 0;
  for (int i = 0; i < size; ++i) {
    const int shift = 8 * (big_endian ? size - 1 - i : i);
    value |= static_cast<uint32_t>(file[offset + static_cast<uint64_t>(i)]) << shift;
  }
  return value;
}

}  // namespace

bool is_whole_image(const std::filesystem::path& path) {
  const std::string extension = lower_extension(path);
  const MappedFile mapped(path);
  const Bytes file = mapped.bytes();
  // Writers may append a few bytes; a thumbnail's own end stands far in front.
  constexpr size_t kTail = 1024;
  const Bytes tail = file.last(std::min(file.size(), kTail));
  if (extension == ".png") return contains(tail, std::array<uint8_t, 4>{'I', 'E', 'N', 'D'});
  if (extension == ".jpg" || extension == ".jpeg") return contains(tail, std::array<uint8_t, 2>{0xFF, 0xD9});
  if (extension == ".bmp") return little_endian<uint32_t>(file, 2).value_or(UINT32_MAX) <= file.size();
  return true;
}

bool lacks_tiff_pages(Bytes file) {
  const bool big_endian = !file.empty() && file[0] == 'M';
  if (tiff_number(file, 2, 2, big_endian) != 42u) return false;
  // A directory takes six bytes or more: a longer chain runs in a circle.
  const uint64_t most = file.size() / 6;
  std::optional<uint32_t> directory = tiff_number(file, 4, 4, big_endian);
  for (uint64_t page = 0; directory && *directory != 0 && page < most; ++page) {
    const std::optional<uint32_t> entries = tiff_number(file, *directory, 2, big_endian);
    directory =
        entries ? tiff_number(file, *directory + uint64_t{2} + uint64_t{12} * *entries, 4, big_endian) : std::nullopt;
  }
  return !directory || *directory != 0;
}

}  // namespace flashcell::host
