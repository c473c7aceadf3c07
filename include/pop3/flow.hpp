// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

namespace pop3 {

/// What a sink wants next: a function that is given a message or a listing piece by piece as it comes. One that returns
/// void wants all of it. (From the function that a pipeline calls for each reply, `drain` is about the commands that were not
/// sent yet.)
enum class flow {
    more,  ///< The next piece.
    drain, ///< No more of this reply. The rest is read and dropped, within `limits::drained_octets`; the session goes on.
    close, ///< No more of anything: the session is closed at once. For a rest that is not worth the time.
};

} // namespace pop3
