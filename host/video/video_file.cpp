#include "host/video/video_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/output_file.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

namespace flashcell::host {
namespace {

constexpr int kBlockBytes = 64 * 1024;
constexpr int kFragmentFrames = 30;
// Frames that x264 works on at a time. Fixed, because its output depends on it.
constexpr int kEncoderThreads = 4;
constexpr int kMpeg4Quality = 3;  // 1 best .. 31

template <class T, void (*Free)(T**)>
struct FreeByAddress {
  void operator()(T* object) const { Free(&object); }
};
using Encoder = std::unique_ptr<AVCodecContext, FreeByAddress<AVCodecContext, avcodec_free_context>>;
using Picture = std::unique_ptr<AVFrame, FreeByAddress<AVFrame, av_frame_free>>;
using Packet = std::unique_ptr<AVPacket, FreeByAddress<AVPacket, av_packet_free>>;

struct FreeFormat {
  void operator()(AVFormatContext* format) const { avformat_free_context(format); }
};
struct FreeOutput {
  void operator()(AVIOContext* output) const {
    av_freep(&output->buffer);
    avio_context_free(&output);
  }
};
struct FreeScaler {
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};

AVPixelFormat pixels_of(AVCodecID codec, bool colour) {
  if (codec != AV_CODEC_ID_FFV1) return AV_PIX_FMT_YUV420P;
  return colour ? AV_PIX_FMT_BGR0 : AV_PIX_FMT_GRAY8;
}

Encoder open_encoder(AVCodecID id, const VideoShape& shape, AVRational rate) {
  const AVCodec* codec = avcodec_find_encoder(id);
  Encoder encoder(codec != nullptr ? avcodec_alloc_context3(codec) : nullptr);
  if (!encoder) return nullptr;
  encoder->width = shape.width;
  encoder->height = shape.height;
  encoder->pix_fmt = pixels_of(id, shape.colour);
  encoder->framerate = rate;
  encoder->time_base = av_inv_q(rate);
  encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
  encoder->thread_count = kEncoderThreads;
  if (id != AV_CODEC_ID_FFV1) {
    encoder->gop_size = kFragmentFrames;
    // What swscale makes of RGB, said so that players show the same colours.
    encoder->colorspace = AVCOL_SPC_SMPTE170M;
    encoder->color_range = AVCOL_RANGE_MPEG;
  }
  if (id == AV_CODEC_ID_H264) {
    // Refused where it is not x264. Its default preset takes two to three times as long, more than all else of a run.
    av_opt_set(encoder->priv_data, "preset", "veryfast", 0);
    av_opt_set(encoder->priv_data, "crf", "23", 0);
  }
  if (id == AV_CODEC_ID_MPEG4) {
    encoder->flags |= AV_CODEC_FLAG_QSCALE;
    encoder->global_quality = kMpeg4Quality * FF_QP2LAMBDA;
  }
  return avcodec_open2(encoder.get(), codec, nullptr) == 0 ? std::move(encoder) : nullptr;
}

std::string reason(int error) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(error, text, sizeof text);
  return text;
}

}  // namespace

struct VideoFile::Impl {
  std::filesystem::path path;
  VideoKind kind{};
  int descriptor = -1;
  std::string block;    // viewing: what the muxer wrote and is not on disk yet
  int write_error = 0;  // errno of the muxer's own writes
  bool failed = false, finished = false;
  Encoder encoder;
  std::unique_ptr<AVFormatContext, FreeFormat> format;
  std::unique_ptr<AVIOContext, FreeOutput> output;
  std::unique_ptr<SwsContext, FreeScaler> scaler;
  Picture picture;
  Packet packet;
  int64_t frames = 0;

  ~Impl() {
    if (descriptor >= 0) ::close(descriptor);
  }

  [[noreturn]] void fail(int error) {
    failed = true;
    throw_write_error(path, error);
  }
  [[noreturn]] void fail_encoding(int error) {
    failed = true;
    throw Error(Fault::input,
                fmt::format("cannot write {}: the video encoder refuses: {}", path.string(), reason(error)));
  }
  /// `result` of a call that may end in a write of ours.
  int check(int result) {
    if (write_error != 0) fail(write_error);
    if (result < 0) fail_encoding(result);
    return result;
  }

  static int take(void* self, uint8_t* bytes, int size) {
    Impl& file = *static_cast<Impl*>(self);
    const std::string_view text(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    if (file.kind == VideoKind::viewing) {
      file.block += text;
    } else if (file.write_error == 0 && write_all(file.descriptor, text) < text.size()) {
      file.write_error = errno;
    }
    return file.write_error == 0 ? size : AVERROR(file.write_error);
  }
  static int64_t seek(void* self, int64_t offset, int whence) {
    if (whence == AVSEEK_SIZE) return AVERROR(ENOSYS);
    return ::lseek(static_cast<Impl*>(self)->descriptor, offset, whence);
  }

  void open_file() {
    descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0) fail(errno);
  }
  void open_muxer();
  void encode(const AVFrame* frame);
  void put_on_disk();
};

void VideoFile::Impl::open_muxer() {
  AVFormatContext* context = nullptr;
  check(avformat_alloc_output_context2(&context, nullptr, kind == VideoKind::viewing ? "mp4" : "mov", nullptr));
  format.reset(context);
  format->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_CUSTOM_IO;
  const bool whole = kind == VideoKind::lossless;
  output.reset(avio_alloc_context(static_cast<uint8_t*>(av_malloc(kBlockBytes)), kBlockBytes, 1, this, nullptr, take,
                                  whole ? seek : nullptr));
  if (!output) throw std::bad_alloc();
  output->seekable = whole ? AVIO_SEEKABLE_NORMAL : 0;
  format->pb = output.get();
  AVStream* stream = avformat_new_stream(format.get(), nullptr);
  if (stream == nullptr) throw std::bad_alloc();
  stream->time_base = encoder->time_base;
  stream->avg_frame_rate = encoder->framerate;
  check(avcodec_parameters_from_context(stream->codecpar, encoder.get()));
  AVDictionary* options = nullptr;
  if (!whole) av_dict_set(&options, "movflags", "frag_keyframe+empty_moov+default_base_moof", 0);
  const int result = avformat_write_header(format.get(), &options);
  av_dict_free(&options);
  check(result);
  put_on_disk();
}

void VideoFile::Impl::encode(const AVFrame* frame) {
  check(avcodec_send_frame(encoder.get(), frame));
  for (;;) {
    const int result = avcodec_receive_packet(encoder.get(), packet.get());
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
    check(result);
    packet->duration = 1;
    av_packet_rescale_ts(packet.get(), encoder->time_base, format->streams[0]->time_base);
    check(av_write_frame(format.get(), packet.get()));
    av_packet_unref(packet.get());
    put_on_disk();
  }
}

/// After each packet the muxer has written whole fragments or nothing.
void VideoFile::Impl::put_on_disk() {
  avio_flush(output.get());
  check(0);
  if (block.empty()) return;
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) fail(errno);
  if (S_ISREG(status.st_mode) && status.st_nlink == 0) fail(ENOENT);
  if (write_all(descriptor, block) < block.size()) {
    const int error = errno;
    // Back to the last whole fragment. Where that fails players stop at the part of one.
    [[maybe_unused]] const int result = ::ftruncate(descriptor, status.st_size);
    fail(error);
  }
  block.clear();
}

VideoFile::VideoFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
VideoFile::~VideoFile() = default;

std::unique_ptr<VideoFile> VideoFile::create(const std::filesystem::path& path, VideoKind kind,
                                             const VideoShape& shape) {
  av_log_set_level(AV_LOG_QUIET);  // errors are ours to report
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->kind = kind;
  const AVRational rate = av_d2q(shape.fps, 1'000'000);
  if (kind == VideoKind::lossless) {
    impl->encoder = open_encoder(AV_CODEC_ID_FFV1, shape, rate);
  } else {
    impl->encoder = open_encoder(AV_CODEC_ID_H264, shape, rate);
    if (!impl->encoder) impl->encoder = open_encoder(AV_CODEC_ID_MPEG4, shape, rate);
  }
  if (!impl->encoder) return nullptr;
  const AVPixelFormat from = shape.colour ? AV_PIX_FMT_BGR24 : AV_PIX_FMT_GRAY8;
  impl->scaler.reset(sws_getContext(shape.width, shape.height, from, shape.width, shape.height, impl->encoder->pix_fmt,
                                    SWS_BICUBIC | SWS_BITEXACT, nullptr, nullptr, nullptr));
  impl->picture.reset(av_frame_alloc());
  impl->packet.reset(av_packet_alloc());
  if (!impl->scaler || !impl->picture || !impl->packet) throw std::bad_alloc();
  impl->picture->format = impl->encoder->pix_fmt;
  impl->picture->width = shape.width;
  impl->picture->height = shape.height;
  impl->open_file();
  impl->open_muxer();
  return std::unique_ptr<VideoFile>(new VideoFile(std::move(impl)));
}

void VideoFile::write(const uint8_t* pixels, size_t stride) {
  if (impl_->failed) return;  // reported once
  AVFrame* picture = impl_->picture.get();
  // The encoder may still hold the last picture's memory.
  av_frame_unref(picture);
  picture->format = impl_->encoder->pix_fmt;
  picture->width = impl_->encoder->width;
  picture->height = impl_->encoder->height;
  impl_->check(av_frame_get_buffer(picture, 0));
  const uint8_t* const planes[] = {pixels};
  const int strides[] = {static_cast<int>(stride)};
  sws_scale(impl_->scaler.get(), planes, strides, 0, picture->height, picture->data, picture->linesize);
  picture->pts = impl_->frames++;
  picture->quality = impl_->encoder->global_quality;
  impl_->encode(picture);
}

void VideoFile::finish() {
  if (impl_->failed || std::exchange(impl_->finished, true)) return;
  impl_->encode(nullptr);
  impl_->check(av_write_trailer(impl_->format.get()));
  impl_->put_on_disk();
  const int descriptor = std::exchange(impl_->descriptor, -1);
  if (::close(descriptor) != 0 && errno != EINTR) impl_->fail(errno);
}

}  // namespace flashcell::host
