#pragma once
#include <memory>
#include <string>

#include "host/source/source_options.hpp"
#include "pipeline/source.hpp"

namespace flashcell::host {

/// Opens a recording by what `input` is: a generated scene (`synth:…`), raw frames (options.raw), a directory or glob
/// of images, one image (TIFF: every page), Phantom .cine, Photron .mraw/.cih/.cihx (any of them finds the others),
/// a recording of an event camera (host/events, told by its contents), else a video file.
///
/// Throws Error(Fault::usage) for options that make no sense (a start beyond the end), Error(Fault::input) for what is
/// missing, empty or no recording at all. Damage further in: next() delivers every whole frame, then throws one
/// Error(Fault::input).
///
/// Frames of .cine, .mraw and raw files point into the mapped file where no decoding is needed: rows of a bottom-up
/// .cine then have a negative stride.
std::unique_ptr<FrameSource> open_source(const std::string& input, const SourceOptions& options);

}  // namespace flashcell::host
