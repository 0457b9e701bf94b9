#include "host/events/unpack.hpp"

#include <lz4frame.h>
#include <zstd.h>

#include <memory>

namespace flashcell {
namespace {

constexpr size_t kMostBytes = size_t{64} << 20, kFirstBytes = size_t{64} << 10;
constexpr const char* kTooLarge = "is too large";
constexpr const char* kDamaged = "is damaged";

// More room, up to the limit; false beyond.
bool grow(std::vector<uint8_t>& out) {
  if (out.size() >= kMostBytes) return false;
  out.resize(out.size() < kFirstBytes ? kFirstBytes : 2 * out.size());
  return true;
}

const char* unpack_lz4(std::span<const uint8_t> packed, std::vector<uint8_t>& out) {
  LZ4F_dctx* created = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&created, LZ4F_VERSION)) != 0) return "cannot be unpacked";
  const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> context(created, LZ4F_freeDecompressionContext);
  size_t done = 0;
  for (;;) {
    if (done == out.size() && !grow(out)) return kTooLarge;
    size_t room = out.size() - done, taken = packed.size();
    const size_t more = LZ4F_decompress(context.get(), out.data() + done, &room, packed.data(), &taken, nullptr);
    if (LZ4F_isError(more) != 0) return kDamaged;
    done += room;
    packed = packed.subspan(taken);
    if (more == 0) break;
    if (packed.empty() && room == 0) return kDamaged;
  }
  out.resize(done);
  return nullptr;
}

const char* unpack_zstd(std::span<const uint8_t> packed, std::vector<uint8_t>& out) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (!context) return "cannot be unpacked";
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  size_t done = 0;
  for (;;) {
    if (done == out.size() && !grow(out)) return kTooLarge;
    ZSTD_outBuffer to{out.data(), out.size(), done};
    const size_t more = ZSTD_decompressStream(context.get(), &to, &in);
    if (ZSTD_isError(more) != 0) return kDamaged;
    const bool moved = to.pos > done;
    done = to.pos;
    if (more == 0) break;
    if (in.pos == in.size && !moved) return kDamaged;
  }
  out.resize(done);
  return nullptr;
}

}  // namespace

const char* unpack(Packing packing, std::span<const uint8_t> packed, std::vector<uint8_t>& out) {
  out.resize(out.capacity());
  switch (packing) {
    case Packing::none:
      out.assign(packed.begin(), packed.end());
      return nullptr;
    case Packing::lz4:
    case Packing::lz4_high:
      return unpack_lz4(packed, out);
    case Packing::zstd:
    case Packing::zstd_high:
      return unpack_zstd(packed, out);
  }
  return "is packed in an unknown way";
}

}  // namespace flashcell
