#include "quant_models/data/file_bytes.hpp"

#include <filesystem>
#include <fstream>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr uintmax_t kMaxFile = uintmax_t{1} << 31;

}  // namespace

std::vector<uint8_t> read_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) throw ModelError(path + ": is a folder, expected a file");
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error) throw ModelError(path + ": cannot be read: " + error.message());
  if (size > kMaxFile) throw ModelError(path + ": is larger than 2 GiB");
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> bytes(size);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!in) throw ModelError(path + ": cannot be read");
  return bytes;
}

}  // namespace flashcell::quant
