#include "memreg.h"
