"""A whole evening in one thread, on a virtual clock: the real bot, the stand-in, and all that can go wrong.

The same seed plays the same evening, crash by crash. Layers, downwards: `rehearsed` runs an evening and
judges it, `weather` says what goes wrong, `evening` is what people do, `virtual_time` is the clock.
"""
