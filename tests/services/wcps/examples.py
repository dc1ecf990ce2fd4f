# SPDX-License-Identifier: MIT
"""The example queries of the WCPS specification (section 8), by number; letters tell apart those of one number."""

from __future__ import annotations

__all__ = ["EXAMPLES"]

EXAMPLES = {
    "1": 'for $c in (mr) return encode($c,"png")',
    "2": 'for c in (mr) return encode(c,"image/tiff")',
    "3": "FOR $c IN (mr) RETURN avg($c)",
    "4": "for $c in (mr) return $c",
    "5": "for $c in (mr, mr) return max($c)",
    "6": 'for $c in (mr), $d in (mr) return encode($c - $d,"csv")',
    "7": "for $c in (mr, rgb) where avg($c.0) > 10 return identifier($c)",
    "8": "for $c in (nope) return 1",
    "9": "for $c in (mr) return 1 + 2 * 3",
    "10": 'for $c in (mr) return encode($c[i(0:1), j(0:2)],"json")',
    "11": 'for $c in (mr) return encode($c[i:"CRS:1"(0:1), j:"CRS:1"(0:2)],"csv")',
    "12": "for $c in (mr) return $c[i(10), j(20)]",
    "13": 'for $c in (mr) return encode($c[i(*:9), j(5:*)],"csv")',
    "14": 'for $c in (mr) return encode($c[i(*)],"csv")',
    "15": 'for $c in (mr) return encode(slice($c,{i(3)}),"csv")',
    "16": 'for $c in (mr) return encode(trim($c,{i(0:10)}),"tiff")',
    "17": 'for $c in (mr) return encode($c[x(0:1)],"csv")',
    "18": 'for $c in (airtemp) return encode($c[Lat(-9.1:-9.0),Long(112:112.2)],"csv")',
    "19": 'for $c in (airtemp) return encode($c[Lat(0:10)],"csv")',
    "20": 'for $c in (airtemp) return encode($c[Lat(-9:-10)],"csv")',
    "21": 'for $c in (eobs) return encode($c[t("1950-01-03")],"png")',
    "22": 'for $c in (eobs) return encode($c[t("1950-01-02":"1950-01-04"),Lat(30),Long(50)],"json")',
    "23": 'for $c in (irr) return encode($c.b1[ansi("2008-01-02":"2008-01-06")],"netcdf")',
    "24": 'for $c in (irr) return encode($c[ansi("2008-01-02")],"csv")',
    "25": 'for $c in (irr) return encode($c[ansi:"CRS:1"(2)].b2,"tiff")',
    "26": 'for $c in (rgb) return encode($c.red,"png")',
    "27": 'for $c in (rgb) return encode($c.1,"png")',
    "28": 'for $c in (rgb) return encode($c.alpha,"png")',
    "29": 'for $c in (rgb) return encode({red: $c.blue; green: $c.green; blue: $c.red},"jpeg")',
    "30": 'for $c in (rgb) return encode({a: 1; b: (char) 2},"csv")',
    "31": 'for $c in (rgb) return encode((float)($c.red - $c.green)/($c.red + $c.green + 1),"tiff")',
    "32": 'for $c in (mr) return encode((char)($c / 2),"png")',
    "33": 'for $c in (mr) return encode((blob) $c,"png")',
    "34": 'for $c in (mr) return encode(abs($c - 128),"csv")',
    "35": 'for $c in (mr) return encode(sqrt($c),"tiff")',
    "36": 'for $c in (mr) return encode(pow($c,0.5),"tiff")',
    "36b": 'for $c in (mr) return encode(mod($c,7),"tiff")',
    "37": 'for $c in (mr) return encode(bit($c,7),"png")',
    "38": 'for $c in (mr) return encode($c > 100 and not($c > 200),"png")',
    "39": "for $c in (mr) return count($c > 100 xor $c < 10)",
    "40": "for $c in (mr) return some($c = 255)",
    "40b": "for $c in (mr) return all($c >= 0)",
    "41": 'for $c in (eobs) return encode($c is null,"csv")',
    "42": 'for $c in (mr), $d in (mr) return encode(max($c,$d),"png")',
    "43": 'for $c in (mr) return encode($c overlay (char)($c*0 + 9),"png")',
    "44": 'for $c in (eobs) return encode(condense max over $p t(imageCrsDomain($c,t)) using $c[t($p)],"tiff")',
    "45": (
        "for $c in (mr) return condense + over $x i(0:9), $y j(0:9) where $c[i($x),j($y)] > 50 using $c[i($x),j($y)]"
    ),
    "46": 'for $c in (mr) return encode(coverage h over $b bucket(0:255) values count($c = $b),"json")',
    "47": 'for $c in (mr) return encode(coverage g over $x x(0:3), $y y(0:1) values (char)($x + 10*$y),"csv")',
    "48": 'for $c in (mr) return encode(coverage k over $x x(0:1), $y y(0:2) value list <1;2;3;4;5;6>,"json")',
    "49": (
        "for $c in (mr) return encode(switch case $c < 10 return (char)0 case $c < 100 return "
        '(char)1 default return (char)2,"csv")'
    ),
    "50": (
        "for $c in (mr) return encode(switch case $c > 200 return {red:255;green:0;blue:0} default "
        'return {red:0;green:0;blue:0},"png")'
    ),
    "51": 'for $c in (airtemp) return encode(scale($c,{Long:"CRS:1"(0:160)}),"png")',
    "52": 'for $c in (airtemp) return encode(scalefactor($c,0.5),"png")',
    "53": 'for $c in (airtemp) return encode(scalesize($c,[Long(100),Lat(50)]),"tiff")',
    "53b": 'for $c in (airtemp) return encode(scaleaxes($c,[Lat(0.1)]),"tiff")',
    "53c": 'for $c in (airtemp) return encode(scaleextent($c,[Long(0:9),Lat(0:9)]),"tiff")',
    "54": 'for $c in (mr) return encode(extend($c,{i:"CRS:1"(-5:260)}),"png")',
    "55": (
        "for $c in (airtemp) return "
        'encode(crsTransform($c,"http://localhost:8080/def/crs/EPSG/0/3857",{bilinear}),"tiff")'
    ),
    "56": 'for $c in (airtemp) return encode(clip($c, POLYGON((-20 120, -20 130, -30 130, -30 120))),"png")',
    "56b": (
        'for $c in (airtemp) return encode(clip($c, LINESTRING(-29.38 120.28, -19.52 144.40)) with coordinates,"csv")'
    ),
    "57": (
        "for $c in (eobs) return encode(clip($c, CURTAIN(projection(Lat,Long), LINESTRING(25 41, "
        '30 41, 30 45))),"netcdf")'
    ),
    "58": 'for $c in (eobs) let $a := [Lat(30:35), Long(45:50)], $m := avg($c) return encode($c[$a] - $m,"tiff")',
    "59": 'for $c in (irr) return encode(flip $c.b1[ansi:"CRS:1"(0)] along E,"csv")',
    "59b": 'for $c in (irr) return encode(sort $c along ansi desc by avg($c.b1),"netcdf")',
    "60": (
        'for $c in (eobs), $d in (decode($1)) return encode($c[t:"CRS:1"(0)] + $d, "$2", '
        '"{\\"nodata\\": [0], \\"metadata\\": {\\"k\\": \\"v\\"}}")'
    ),
    "60b": 'for $c in (eobs) return describe($c,"json","outputType=GeneralGridCoverage") -- comment',
}
