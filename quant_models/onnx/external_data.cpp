#include "quant_models/onnx/external_data.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <vector>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant::onnx {
namespace {

namespace fs = std::filesystem;

struct Place {
  std::string location;
  uint64_t offset = 0;
  uint64_t length = UINT64_MAX;  // to the end unless stated
};

uint64_t whole_number(const std::string& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw ModelError("its place in another file, '" + text + "', is no number");
  return number;
}

Place place_of(const onnx_file::TensorProto& tensor) {
  Place place;
  for (const onnx_file::StringStringEntryProto& entry : tensor.external_data()) {
    if (entry.key() == "location") place.location = entry.value();
    if (entry.key() == "offset") place.offset = whole_number(entry.value());
    if (entry.key() == "length") place.length = whole_number(entry.value());
  }
  const fs::path path(place.location);
  // A model may read what lies beside it, nothing else of the machine.
  if (path.empty() || path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end())
    throw ModelError("its numbers are in another file, '" + place.location + "', that is not beside the model");
  return place;
}

/// Each file is read once.
class Files {
 public:
  explicit Files(std::string folder) : folder_(std::move(folder)) {}

  std::string bytes_at(const Place& place) {
    const auto [file, fresh] = files_.try_emplace(place.location);
    if (fresh) file->second = read_file((fs::path(folder_) / place.location).string());
    const std::vector<uint8_t>& bytes = file->second;
    if (place.offset > bytes.size() || (place.length != UINT64_MAX && place.length > bytes.size() - place.offset))
      throw ModelError("its numbers lie beyond the end of " + place.location);
    const auto first = bytes.begin() + static_cast<ptrdiff_t>(place.offset);
    const uint64_t length = std::min<uint64_t>(place.length, bytes.size() - place.offset);
    return {first, first + static_cast<ptrdiff_t>(length)};
  }

 private:
  std::string folder_;
  std::map<std::string, std::vector<uint8_t>> files_;
};

}  // namespace

void load_external_data(const std::string& folder, onnx_file::ModelProto& model) {
  Files files(folder);
  for (onnx_file::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
    if (tensor.data_location() != onnx_file::TensorProto::EXTERNAL) continue;
    try {
      tensor.set_raw_data(files.bytes_at(place_of(tensor)));
    } catch (const ModelError& e) {
      throw ModelError("tensor '" + tensor.name() + "': " + e.what());
    }
    tensor.set_data_location(onnx_file::TensorProto::DEFAULT);
  }
}

}  // namespace flashcell::quant::onnx
