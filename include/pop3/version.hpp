// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// The build scripts read the version from these lines; nothing else states it.
#define POP3_VERSION_MAJOR 0
#define POP3_VERSION_MINOR 1
#define POP3_VERSION_PATCH 0
