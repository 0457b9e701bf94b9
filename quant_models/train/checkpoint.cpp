#include "quant_models/train/checkpoint.hpp"

#include <zlib.h>

#include <bit>
#include <cstring>
#include <filesystem>

#include "base/output_file.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr char kMagic[8] = {'F', 'C', 'T', 'R', 'A', 'I', 'N', '1'};

static_assert(std::endian::native == std::endian::little, "the file is little endian");

class Writer {
 public:
  template <typename T>
  void put(const T& value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <typename T>
  void put_all(const std::vector<T>& values) {
    put(static_cast<uint64_t>(values.size()));
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  std::string bytes;
};

class Reader {
 public:
  Reader(const uint8_t* at, size_t left, const std::string& name) : at_(at), left_(left), name_(name) {}

  template <typename T>
  T get() {
    T value;
    take(&value, sizeof value);
    return value;
  }
  template <typename T>
  std::vector<T> get_all() {
    const auto count = get<uint64_t>();
    if (count > left_ / sizeof(T)) fail();
    std::vector<T> values(count);
    take(values.data(), count * sizeof(T));
    return values;
  }
  uint64_t count() {
    const auto n = get<uint64_t>();
    if (n > left_) fail();
    return n;
  }
  bool at_end() const { return left_ == 0; }
  [[noreturn]] void fail() const { throw ModelError(name_ + ": the checkpoint is damaged; remove it to train anew"); }

 private:
  void take(void* out, size_t size) {
    if (size > left_) fail();
    if (size > 0) std::memcpy(out, at_, size);
    at_ += size;
    left_ -= size;
  }
  const uint8_t* at_;
  size_t left_;
  const std::string& name_;
};

uint32_t checksum(const void* bytes, size_t size) {
  return static_cast<uint32_t>(crc32_z(0, static_cast<const Bytef*>(bytes), size));
}

}  // namespace

std::string encode(const Checkpoint& checkpoint) {
  Writer w;
  w.bytes.assign(kMagic, sizeof kMagic);
  w.put(checkpoint.fingerprint);
  w.put(checkpoint.step);
  w.put(checkpoint.epoch_loss);
  w.put_all(checkpoint.history);
  w.put(static_cast<uint64_t>(checkpoint.tensors.size()));
  for (const Tensor& t : checkpoint.tensors) {
    w.put_all(t.shape);
    w.put_all(t.values);
  }
  w.put(checksum(w.bytes.data(), w.bytes.size()));
  return std::move(w.bytes);
}

Checkpoint decode_checkpoint(const std::vector<uint8_t>& file, const std::string& name) {
  Reader r(file.data(), file.size(), name);
  if (file.size() < sizeof kMagic + 4 || std::memcmp(file.data(), kMagic, sizeof kMagic) != 0) r.fail();
  uint32_t sum = 0;
  std::memcpy(&sum, &file[file.size() - 4], 4);
  if (sum != checksum(file.data(), file.size() - 4)) r.fail();
  Reader body(file.data() + sizeof kMagic, file.size() - sizeof kMagic - 4, name);
  Checkpoint c;
  c.fingerprint = body.get<uint64_t>();
  c.step = body.get<int64_t>();
  c.epoch_loss = body.get<double>();
  c.history = body.get_all<EpochRecord>();
  for (uint64_t left = body.count(); left > 0; --left) {
    Tensor t{body.get_all<int64_t>(), body.get_all<float>()};
    uint64_t count = 1;
    for (const int64_t extent : t.shape) {
      if (extent < 0 || (extent > 0 && count > t.values.size() / static_cast<uint64_t>(extent))) body.fail();
      count *= static_cast<uint64_t>(extent);
    }
    if (count != t.values.size()) body.fail();
    c.tensors.push_back(std::move(t));
  }
  if (!body.at_end()) body.fail();
  return c;
}

void save(const Checkpoint& checkpoint, const std::string& path) {
  write_file(path, encode(checkpoint));
}

std::optional<Checkpoint> load_checkpoint(const std::string& path, uint64_t fingerprint) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  Checkpoint c = decode_checkpoint(read_file(path), path);
  if (c.fingerprint != fingerprint)
    throw ModelError(path + ": belongs to another recipe or other data; choose another -o, or --restart");
  return c;
}

}  // namespace flashcell::quant
