"""CONCATENATION of two to four streams along any axis, all with the output's scale."""

from packager.emit.hls._joined import Joined

LAYER = Joined()
