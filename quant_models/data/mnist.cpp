#include "quant_models/data/mnist.hpp"

#include <algorithm>
#include <filesystem>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/gzip.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

struct IdxFile {
  std::vector<int64_t> extents;
  std::vector<uint8_t> bytes;
};

int64_t big_endian(const uint8_t* p) {
  return (int64_t{p[0]} << 24) | (int64_t{p[1]} << 16) | (int64_t{p[2]} << 8) | int64_t{p[3]};
}

// Header: two zeros, 0x08 (unsigned byte), number of dimensions; then each extent in 4 bytes.
IdxFile parse_idx(std::vector<uint8_t> bytes, const std::string& path, size_t dimensions) {
  std::vector<uint8_t> file = gunzip(std::move(bytes), path);
  const size_t header = 4 + 4 * dimensions;
  if (file.size() < header || file[0] != 0 || file[1] != 0 || file[2] != 8 || file[3] != dimensions)
    throw ModelError(path + ": is no IDX file of unsigned bytes in " + std::to_string(dimensions) + " dimensions");
  IdxFile idx;
  uint64_t count = 1;
  for (size_t d = 0; d < dimensions; ++d) {
    idx.extents.push_back(big_endian(&file[4 + 4 * d]));
    if (idx.extents.back() < 1) throw ModelError(path + ": holds no images");
    count = count > file.size() ? count : count * static_cast<uint64_t>(idx.extents.back());
  }
  if (count != file.size() - header)
    throw ModelError(path + ": holds " + std::to_string(file.size() - header) +
                     " bytes of data, its header claims another number; copy it again");
  file.erase(file.begin(), file.begin() + static_cast<ptrdiff_t>(header));
  idx.bytes = std::move(file);
  return idx;
}

std::string packed_or_not(const std::string& folder, const std::string& name) {
  const std::filesystem::path plain = std::filesystem::path(folder) / name;
  const std::filesystem::path packed = plain.string() + ".gz";
  std::error_code error;
  return std::filesystem::exists(packed, error) && !std::filesystem::exists(plain, error) ? packed.string()
                                                                                          : plain.string();
}

}  // namespace

LabelledImages parse_mnist(std::vector<uint8_t> images_bytes, const std::string& images_path,
                           std::vector<uint8_t> labels_bytes, const std::string& labels_path) {
  IdxFile images = parse_idx(std::move(images_bytes), images_path, 3);
  const IdxFile labels = parse_idx(std::move(labels_bytes), labels_path, 1);
  if (images.extents[0] != labels.extents[0])
    throw ModelError(labels_path + ": has " + std::to_string(labels.extents[0]) + " labels for " +
                     std::to_string(images.extents[0]) + " images of " + images_path);
  if (images.extents[1] > 4096 || images.extents[2] > 4096)
    throw ModelError(images_path + ": its images are larger than 4096 x 4096");
  for (const uint8_t label : labels.bytes)
    if (label > 9) throw ModelError(labels_path + ": label " + std::to_string(label) + " is outside 0..9");
  return {images.extents[0],
          1,
          static_cast<int>(images.extents[1]),
          static_cast<int>(images.extents[2]),
          std::move(images.bytes),
          {labels.bytes.begin(), labels.bytes.end()}};
}

LabelledImages read_mnist(const std::string& images_path, const std::string& labels_path) {
  std::vector<uint8_t> images = read_file(images_path);
  return parse_mnist(std::move(images), images_path, read_file(labels_path), labels_path);
}

LabelledImages read_mnist_folder(const std::string& folder, bool training) {
  const std::string stem = training ? "train" : "t10k";
  return read_mnist(packed_or_not(folder, stem + "-images-idx3-ubyte"),
                    packed_or_not(folder, stem + "-labels-idx1-ubyte"));
}

}  // namespace flashcell::quant
