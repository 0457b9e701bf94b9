#include "quant_models/packed/packed_file.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/output_file.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/packed/kernel_image.hpp"
#include "quant_models/packed/packed_file_v1.hpp"
#include "quant_models/packed/packed_reader.hpp"
#include "quant_models/packed/validate.hpp"

namespace flashcell::quant {
namespace {

constexpr uint8_t kMagic[8] = {'F', 'C', 'N', 'N', '\r', '\n', 0x1a, '\n'};
constexpr uint32_t kFileVersion = 2;
constexpr size_t kChecksummed = 32, kHeadBytes = 64;
constexpr uint32_t kMaxClasses = 65536;
constexpr uint64_t kMaxFileBytes = uint64_t{1} << 30;

class Writer {
 public:
  template <class T>
  void number(T value) {
    const size_t begin = bytes.size();
    bytes.resize(begin + sizeof(T));
    std::memcpy(bytes.data() + begin, &value, sizeof(T));
  }
  void text(const std::string& text) {
    if (text.size() > UINT16_MAX) throw ModelError("a name is longer than 65535 bytes: " + text.substr(0, 40) + "...");
    number(static_cast<uint16_t>(text.size()));
    bytes.insert(bytes.end(), text.begin(), text.end());
  }

  std::vector<uint8_t> bytes;
};

constexpr std::string_view kCalibrationLine = "\ncalibration ";

std::string calibration_text(const Calibration& c) {
  std::string text(kCalibrationLine);
  for (const float number : {c.temperature, c.doubt, c.objects, c.familiar}) {
    char digits[32];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    if (text.size() > kCalibrationLine.size()) text += ' ';
    text.append(digits, end);
  }
  return text;
}

/// Takes the calibration from the end of a name, where there is one.
std::optional<Calibration> take_calibration(std::string& name) {
  const size_t begin = name.rfind(kCalibrationLine);
  if (begin == std::string::npos) return {};
  Calibration c;
  const char *next = name.data() + begin + kCalibrationLine.size(), *const end = name.data() + name.size();
  for (float* number : {&c.temperature, &c.doubt, &c.objects, &c.familiar}) {
    const auto [after, error] = std::from_chars(next, end, *number);
    if (error != std::errc()) return {};
    next = after < end ? after + 1 : after;
  }
  if (calibration_text(c) != std::string_view(name).substr(begin)) return {};
  try {
    check(c);
  } catch (const std::invalid_argument&) {
    return {};
  }
  name.resize(begin);
  return c;
}

/// What the fixed head of a file says.
struct Head {
  uint32_t version, image_bytes;
};

Head check_head(PackedReader& reader, std::span<const uint8_t> bytes) {
  const auto magic = reader.take(sizeof(kMagic), "the header");
  if (!std::equal(magic.begin(), magic.end(), kMagic))
    reader.fail("is no .fcnn model; make one with `flashcell quantize`");
  Head head = {};
  head.version = reader.number<uint32_t>("the header");
  if (head.version < 1 || head.version > kFileVersion) {
    reader.fail("has version " + std::to_string(head.version) +
                " of the format, this program reads 1 and 2; export it again");
  }
  head.image_bytes = reader.number<uint32_t>("the header");
  const auto file_bytes = reader.number<uint64_t>("the header");
  const auto checksum = reader.number<uint64_t>("the header");
  for (const uint8_t byte : reader.take(kHeadBytes - kChecksummed, "the header")) {
    if (byte != 0) reader.fail("has an unknown header; export it again with this program");
  }
  if (file_bytes != bytes.size()) {
    reader.fail("has " + std::to_string(bytes.size()) + " bytes where its header says " + std::to_string(file_bytes) +
                "; copy or export it again");
  }
  if (checksum != packed_file_checksum(bytes)) reader.fail("is damaged (wrong checksum); copy or export it again");
  return head;
}

void read_image(PackedReader& reader, PackedModel& model) {
  using namespace contract;
  const QcnnHeader header = reader.table<QcnnHeader>(1, 1, "image header").front();
  if (header.version != kQcnnVersion) {
    reader.fail("was made for version " + std::to_string(header.version) + " of the engine, this is version " +
                std::to_string(kQcnnVersion) + "; export it again");
  }
  for (const uint32_t word : header.reserved) {
    if (word != 0) reader.fail("has an unknown image header; export it again with this program");
  }
  model.layers = reader.table<LayerDescriptor>(header.layer_count, kMaxLayers, "layers");
  model.inputs = reader.table<LayerInput>(header.layer_input_count, kMaxInputs, "layers' inputs");
  model.tensors = reader.table<TensorDescriptor>(header.tensor_count, kMaxTensors, "tensors");
  model.channels =
      reader.table<ChannelParameters>(header.channel_count, uint64_t{kMaxLayers} * kMaxTensorChannels, "channels");
  model.weights = reader.table<uint8_t>(header.weight_bytes, kMaxWeightBytes, "weights");
  model.arena_bytes = header.arena_bytes;
  if (header.input_bytes != bytes_of_role(model, kInputTensor) ||
      header.output_bytes != bytes_of_role(model, kOutputTensor)) {
    reader.fail("says wrong sizes of its inputs or outputs; export it again");
  }
}

void read_names(PackedReader& reader, PackedModel& model) {
  model.name = reader.text("the model's name");
  model.calibration = take_calibration(model.name);
  for (size_t i = 0; i < model.layers.size(); ++i) model.layer_names.push_back(reader.text("the layers' names"));
  for (size_t i = 0; i < model.tensors.size(); ++i) {
    model.tensor_names.push_back(reader.text("the tensors' names"));
    model.tensor_scales.push_back(reader.number<float>("the tensors' scales"));
  }
  const auto classes = reader.number<uint32_t>("the classes");
  if (classes > kMaxClasses) reader.fail("has too many classes: " + std::to_string(classes));
  for (uint32_t i = 0; i < classes; ++i) model.class_names.push_back(reader.text("the classes' names"));
  model.preprocessing.channels = static_cast<Preprocessing::Channels>(reader.number<uint8_t>("the preprocessing"));
  for (float& mean : model.preprocessing.mean) mean = reader.number<float>("the preprocessing");
  for (float& factor : model.preprocessing.factor) factor = reader.number<float>("the preprocessing");
}

}  // namespace

uint64_t packed_file_checksum(std::span<const uint8_t> bytes) {
  return Hash().add(bytes.subspan(kChecksummed)).value();
}

std::vector<uint8_t> packed_file_bytes(const PackedModel& model) {
  validate(model, model.name);
  const std::vector<uint8_t> image = kernel_image(model);
  Writer writer;
  writer.bytes.assign(kMagic, kMagic + sizeof(kMagic));
  writer.number(kFileVersion);
  writer.number(static_cast<uint32_t>(image.size()));
  writer.bytes.resize(kHeadBytes);
  writer.bytes.insert(writer.bytes.end(), image.begin(), image.end());
  writer.text(model.calibration ? model.name + calibration_text(*model.calibration) : model.name);
  for (const std::string& name : model.layer_names) writer.text(name);
  for (size_t i = 0; i < model.tensors.size(); ++i) {
    writer.text(model.tensor_names[i]);
    writer.number(model.tensor_scales[i]);
  }
  if (model.class_names.size() > kMaxClasses) throw ModelError(model.name + ": has more than 65536 classes");
  writer.number(static_cast<uint32_t>(model.class_names.size()));
  for (const std::string& name : model.class_names) writer.text(name);
  writer.number(static_cast<uint8_t>(model.preprocessing.channels));
  for (const float mean : model.preprocessing.mean) writer.number(mean);
  for (const float factor : model.preprocessing.factor) writer.number(factor);
  const uint64_t size = writer.bytes.size();
  std::memcpy(writer.bytes.data() + 16, &size, sizeof(size));
  const uint64_t checksum = packed_file_checksum(writer.bytes);
  std::memcpy(writer.bytes.data() + 24, &checksum, sizeof(checksum));
  return std::move(writer.bytes);
}

PackedModel parse_packed_file(std::span<const uint8_t> bytes, const std::string& name) {
  PackedReader reader(bytes, name);
  const Head head = check_head(reader, bytes);
  PackedModel model;
  if (head.version == 1) {
    read_image_v1(reader, model);
  } else {
    read_image(reader, model);
  }
  if (reader.position() != kHeadBytes + uint64_t{head.image_bytes})
    reader.fail("says a wrong size of its image; export it again");
  read_names(reader, model);
  if (reader.position() != bytes.size()) reader.fail("has bytes after its end; export it again");
  validate(model, name);
  return model;
}

void write_packed_file(const std::string& path, const PackedModel& model) {
  const std::vector<uint8_t> bytes = packed_file_bytes(model);
  write_file(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

PackedModel read_packed_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0) throw ModelError(path + ": cannot be read; is it a file, and may you read it?");
  if (static_cast<uint64_t>(size) > kMaxFileBytes) throw ModelError(path + ": is larger than 1 GiB: no .fcnn model");
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), size);
  if (!file) throw ModelError(path + ": cannot be read; is it a file, and may you read it?");
  return parse_packed_file(bytes, path);
}

}  // namespace flashcell::quant
