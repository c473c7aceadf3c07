// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

namespace pop3::command {

/// What an exchange wants next.
enum class next {
    read,    ///< more of the reply
    write,   ///< to send another line
    compute, ///< to go on computing (`compute`), when other handlers have had their turn
    done,    ///< nothing: the reply is complete, or there was an error
};

} // namespace pop3::command
