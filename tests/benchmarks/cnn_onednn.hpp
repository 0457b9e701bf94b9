#pragma once
#include "tests/benchmarks/cnn_shapes.hpp"

#ifdef FLASHCELL_ONEDNN
#include <omp.h>

#include <oneapi/dnnl/dnnl.hpp>
#endif

namespace flashcell::test {

#ifdef FLASHCELL_ONEDNN
inline void use_one_thread() {
  omp_set_num_threads(1);
}

/// oneDNN's convolution of unsigned 8-bit images, channels fastest, with its output scales and clamping to 0..255.
class OneDnnConvolution {
 public:
  explicit OneDnnConvolution(const ConvolutionShape& shape) : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    using dnnl::memory;
    const int out = (shape.side + 2 * shape.padding - shape.kernel) / shape.stride + 1;
    const memory::dims in_dims = {shape.items, shape.in_channels, shape.side, shape.side};
    const memory::dims out_dims = {shape.items, shape.channels, out, out};
    const memory::dims weight_dims = shape.depthwise
                                         ? memory::dims{shape.channels, 1, 1, shape.kernel, shape.kernel}
                                         : memory::dims{shape.channels, shape.in_channels, shape.kernel, shape.kernel};
    const memory::desc in(in_dims, memory::data_type::u8, memory::format_tag::nhwc);
    const memory::desc result(out_dims, memory::data_type::u8, memory::format_tag::nhwc);
    const memory::desc weights(weight_dims, memory::data_type::s8, memory::format_tag::any);
    const memory::desc bias({shape.channels}, memory::data_type::s32, memory::format_tag::a);
    const memory::dims padding = {shape.padding, shape.padding}, strides = {shape.stride, shape.stride};
    dnnl::primitive_attr attributes;
    attributes.set_output_scales(1 << 1, std::vector<float>(static_cast<size_t>(shape.channels), 0.0005f));
    const dnnl::convolution_forward::desc desc(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
                                               in, weights, bias, result, strides, padding, padding);
    const dnnl::convolution_forward::primitive_desc primitive(desc, attributes, engine_);
    implementation_ = primitive.impl_info_str();
    in_ = filled(primitive.src_desc());
    weights_ = filled(primitive.weights_desc());
    bias_ = memory(primitive.bias_desc(), engine_);
    std::fill_n(static_cast<int32_t*>(bias_.get_data_handle()), shape.channels, 500);
    out_ = memory(primitive.dst_desc(), engine_);
    convolution_ = dnnl::convolution_forward(primitive);
    arguments_ = {{DNNL_ARG_SRC, in_}, {DNNL_ARG_WEIGHTS, weights_}, {DNNL_ARG_BIAS, bias_}, {DNNL_ARG_DST, out_}};
  }
  void run() {
    convolution_.execute(stream_, arguments_);
    stream_.wait();
  }
  const std::string& implementation() const { return implementation_; }

 private:
  dnnl::memory filled(const dnnl::memory::desc& desc) {
    dnnl::memory memory(desc, engine_);
    auto* bytes = static_cast<uint8_t*>(memory.get_data_handle());
    std::mt19937 random(1);
    for (size_t i = 0; i < desc.get_size(); ++i) bytes[i] = static_cast<uint8_t>(random());
    return memory;
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::memory in_, weights_, bias_, out_;
  dnnl::convolution_forward convolution_;
  std::unordered_map<int, dnnl::memory> arguments_;
  std::string implementation_;
};
#else
inline void use_one_thread() {}
#endif

}  // namespace flashcell::test
