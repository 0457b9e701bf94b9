#pragma once
#include <string>
#include <string_view>

#include "host/eval/mot_text.hpp"

namespace flashcell::host {

/// Tracks of points as XML, frames from 0 in the file and from 1 in what is returned, ids from 1 in the file's order:
/// - the ISBI particle tracking challenge's (Chenouard et al., Nature Methods 2014), which TrackMate's "export tracks
/// to
///   XML" writes too: <particle> elements, each of <detection t= x= y=>; places in px;
/// - TrackMate's own file: <AllSpots> joined by the edges of <AllTracks>; places divided by ImageData's pixelwidth and
///   pixelheight, spots of no track left out, both arms of a track that splits one id where frames allow it.
/// Throws Error(Fault::input) naming file and line: no XML, neither of the two, a value that is missing or no number,
/// an id twice in a frame.
ObjectList parse_particle_xml(std::string_view text, const std::string& name);

}  // namespace flashcell::host
