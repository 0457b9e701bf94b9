#pragma once
#include <string>

#include "quant_models/packed/model_builder.hpp"

// What the builder's functions share.
namespace flashcell::quant::builder {

/// Throws std::invalid_argument.
[[noreturn]] void refuse(const std::string& name, const char* what);
/// A window, stride or padding as a descriptor holds it.
uint8_t small(const std::string& name, int value);
contract::LayerDescriptor layer_of(contract::LayerKind kind);
void describe_window(const std::string& name, const Window& window, contract::LayerDescriptor& layer);

}  // namespace flashcell::quant::builder
