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

bool begins_member(const uint8_t* bytes, size_t size) {
  return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

}  // namespace

std::vector<uint8_t> gunzip(std::vector<uint8_t> bytes, const std::string& name, uint64_t limit) {
  if (!begins_member(bytes.data(), bytes.size())) return bytes;
  if (bytes.size() > std::numeric_limits<uInt>::max()) throw ModelError(name + ": is larger than 4 GiB");
  Inflater inflater;
  z_stream& stream = inflater.stream;
  stream.next_in = bytes.data();
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::vector<uint8_t> out;
  for (;;) {
    constexpr size_t kChunk = size_t{1} << 20;
    const size_t done = out.size();
    out.resize(done + kChunk);
    stream.next_out = out.data() + done;
    stream.avail_out = kChunk;
    const int code = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > limit) throw ModelError(name + ": unpacks to more than " + std::to_string(limit) + " bytes");
    const bool cut = code == Z_BUF_ERROR || (code == Z_OK && stream.avail_in == 0 && stream.avail_out > 0);
    if (cut) throw ModelError(name + ": the gzip file ends early; copy it again");
    if (code != Z_OK && code != Z_STREAM_END) throw ModelError(name + ": the gzip file is damaged; copy it again");
    if (code == Z_OK) continue;
    // Zeros may fill the last block of a tape.
    const bool padding = std::all_of(stream.next_in, stream.next_in + stream.avail_in, [](Bytef b) { return b == 0; });
    if (padding) return out;
    if (!begins_member(stream.next_in, stream.avail_in))
      throw ModelError(name + ": the gzip file is followed by something else; copy it again");
    inflateReset(&stream);
  }
}

}  // namespace flashcell::quant
