#include "quant_models/data/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

// zlib's stream, ended when it goes out of scope.
struct Inflater {
  z_stream stream{};
  Inflater() {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

std::vector<uint8_t> gunzip(std::span<const uint8_t> bytes, const std::string& name, uint64_t limit) {
  if (bytes.size() < 2 || bytes[0] != 0x1f || bytes[1] != 0x8b) return {bytes.begin(), bytes.end()};
  if (bytes.size() > std::numeric_limits<uInt>::max()) throw ModelError(name + ": is larger than 4 GiB");
  Inflater inflater;
  z_stream& stream = inflater.stream;
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::vector<uint8_t> out;
  for (int code = Z_OK; code != Z_STREAM_END;) {
    constexpr size_t kChunk = size_t{1} << 20;
    const size_t done = out.size();
    if (done > limit) throw ModelError(name + ": unpacks to more than " + std::to_string(limit) + " bytes");
    out.resize(done + kChunk);
    stream.next_out = out.data() + done;
    stream.avail_out = kChunk;
    code = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    const bool cut = code == Z_BUF_ERROR || (code == Z_OK && stream.avail_in == 0 && stream.avail_out > 0);
    if (cut) throw ModelError(name + ": the gzip file ends early; copy it again");
    if (code != Z_OK && code != Z_STREAM_END) throw ModelError(name + ": the gzip file is damaged; copy it again");
  }
  if (out.size() > limit) throw ModelError(name + ": unpacks to more than " + std::to_string(limit) + " bytes");
  return out;
}

}  // namespace flashcell::quant
